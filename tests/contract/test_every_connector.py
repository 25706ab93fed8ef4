"""What every connector promises, whatever its vendor."""

import importlib
import json
import logging
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from integrations import contracts
from integrations.canonical import (
    BatchDraft,
    BatchPurpose,
    CustomerDraft,
    InvoiceDraft,
    InvoiceLineDraft,
    OutcomeStatus,
    Unreadable,
    content_hash,
    draft_to_json,
    meaning_hash,
)
from integrations.content import differences
from integrations.contracts import Capability, PostRequest
from integrations.errors import (
    ConfigError,
    EdgeError,
    ThrottledError,
    TransientError,
    UnreadableError,
)
from integrations.money import Money
from integrations.options import describe
from integrations.registry import CONNECTORS, build, info_of
from integrations.standing import owed_fields
from tests.contract.worlds import COMPANY, ITEM, MOMENT, SECRET, World

FETCHED = frozenset(
    {
        Capability.TRANSACTIONS,
        Capability.BATCHES,
        Capability.STATEMENTS,
        Capability.SHOP_ORDERS,
    }
)
PROTOCOLS = {
    contracts.FetchesDocuments: FETCHED,
    contracts.PostsDocuments: frozenset({Capability.POST}),
    contracts.CreatesCustomers: frozenset({Capability.NEW_CUSTOMERS}),
    contracts.CreatesInvoices: frozenset({Capability.INVOICES}),
    contracts.ReadsStock: frozenset({Capability.STOCK}),
    contracts.ReadsOrders: frozenset({Capability.ORDERS}),
    contracts.ReadsOpenItems: frozenset({Capability.OPEN_ITEMS}),
    contracts.ReadsCustomers: frozenset({Capability.CUSTOMERS}),
    contracts.ReadsLedger: frozenset({Capability.LEDGER}),
    contracts.ReadsPostings: frozenset({Capability.STANDING}),
    contracts.RereadsDays: frozenset({Capability.DAYS}),
}


def usd(text):
    return Money(Decimal(text), "USD")


def members(protocol):
    named = {*vars(protocol), *vars(protocol).get("__annotations__", {})}
    return {name for name in named if not name.startswith("_")}


def capabilities(world):
    return info_of(world.code).capabilities


def streams(world):
    return sorted(capabilities(world) & FETCHED)


def walk(connector, stream, limit, cursor=None):
    """Every document of a stream page by page, and the cursor behind them."""
    documents, cursor, has_more = [], cursor or {}, True
    for _ in range(100):
        page = connector.fetch(stream, cursor, moment=MOMENT, limit=limit)
        documents += page.documents
        cursor, has_more = json.loads(json.dumps(page.next_cursor)), page.has_more
        assert len(page.documents) <= limit
        if not has_more:
            return documents, cursor
    raise AssertionError("the paging does not end")


def records(connector, documents):
    found = []
    for document in documents:
        found += connector.parse(document.kind, document.body, document.context).records
    return found


def request_of(key):
    draft = BatchDraft(COMPANY, BatchPurpose.JOURNALS, MOMENT.date(), "Contract")
    return PostRequest(key, content_hash(draft), draft)


def test_what_is_declared_is_implemented_and_nothing_more(world: World):
    for protocol, kinds in PROTOCOLS.items():
        has = {name for name in members(protocol) if hasattr(world.connector, name)}
        wanted = members(protocol) if capabilities(world) & kinds else set()
        assert has == wanted, protocol
    assert members(contracts.Connector) <= set(dir(world.connector))


def test_each_declared_stream_is_read_to_its_end_whatever_the_page_size(world: World):
    for stream in streams(world):
        for limit in (1, 2, 100):
            found = records(world.connector, walk(world.connector, stream, limit)[0])
            assert not [record for record in found if isinstance(record, Unreadable)]
            assert {record.external_id for record in found} == world.expected[stream]
            assert len(found) == len(world.expected[stream])


def test_a_stream_that_is_not_declared_is_refused(world: World):
    for stream in (FETCHED - capabilities(world)) if streams(world) else ():
        with pytest.raises(ValueError, match="no stream"):
            world.connector.fetch(stream, {}, moment=MOMENT, limit=1)


def test_a_page_read_again_from_its_cursor_is_the_same_page(world: World):
    for stream in streams(world):
        first = world.connector.fetch(stream, {}, moment=MOMENT, limit=1)
        cursor = json.loads(json.dumps(first.next_cursor))
        pages = [world.connector.fetch(stream, cursor, moment=MOMENT, limit=1) for _ in range(2)]
        assert pages[0] == pages[1]
        rest, _ = walk(world.connector, stream, 1, cursor) if first.has_more else ([], cursor)
        found = records(world.connector, [*first.documents, *rest])
        assert {record.external_id for record in found} == world.expected[stream]
        assert len(found) == len(world.expected[stream])


def test_the_same_record_read_twice_has_the_same_meaning(world: World):
    for stream in streams(world):
        hashes = [
            {r.external_id: meaning_hash(r) for r in records(world.connector, documents)}
            for documents in (walk(world.connector, stream, n)[0] for n in (1, 100))
        ]
        assert hashes[0] == hashes[1]


def test_open_items_are_paged_without_loss_or_repetition(open_items_world: World):
    for limit in (1, 2, 100):
        items, cursor, has_more = [], {}, True
        while has_more:
            page, cursor, has_more = open_items_world.connector.fetch_open_items(
                COMPANY, cursor, limit
            )
            cursor = json.loads(json.dumps(cursor))
            items += page
        numbers = {number for item in items for number in item.references}
        assert open_items_world.expected[Capability.OPEN_ITEMS] <= numbers
        assert len(items) == len({item.item_key for item in items})
        assert open_items_world.connector.fetch_open_items(COMPANY, cursor, limit)[0] == []


def test_posting_answers_every_draft_in_order_and_finds_what_it_posted(posting_world: World):
    assert posting_world.connector.post([]) == []
    requests = [request_of(f"contract:{number}") for number in range(3)]
    outcomes = posting_world.connector.post(requests)
    assert [outcome.key for outcome in outcomes] == [request.key for request in requests]
    assert {outcome.status for outcome in outcomes} <= {OutcomeStatus.DONE, OutcomeStatus.DUPLICATE}
    found = posting_world.connector.find_postings(COMPANY, [request.key for request in requests])
    assert [(f.key, f.content_hash) for f in found] == [(r.key, r.content_hash) for r in requests]
    if posting_world.connector.enforces_keys:
        again = posting_world.connector.post(requests)
        assert {outcome.status for outcome in again} == {OutcomeStatus.DUPLICATE}
        assert [o.document.key for o in again] == [f.document.key for f in found]


def test_a_new_customer_is_made_once_for_its_key_and_found_by_it(posting_world: World):
    if Capability.NEW_CUSTOMERS not in capabilities(posting_world):
        pytest.skip("It makes no customers.")
    connector = posting_world.connector
    draft = CustomerDraft(
        COMPANY, "Ann Lee", MOMENT.date(), number_prefix="W", lines=("1 High St",)
    )
    request = PostRequest("contract:customer", content_hash(draft), draft)
    made, again = connector.post([request, request])
    assert (made.status, again.status) == (OutcomeStatus.DONE, OutcomeStatus.DUPLICATE)
    assert made.document == again.document
    assert made.document.is_posted
    assert connector.customers_exist(COMPANY, [made.document.number])
    [found] = connector.find_postings(COMPANY, [request.key])
    assert (found.document, found.content_hash) == (made.document, request.content_hash)
    taken = replace(draft, customer_id=made.document.number, number_prefix="")
    [refused] = connector.post([PostRequest("contract:other", content_hash(taken), taken)])
    assert (refused.status, refused.code) == (OutcomeStatus.REFUSED, "customer_exists")
    for name, width in connector.customer_widths.items():
        assert width > 0
        assert hasattr(draft, name)


def test_an_invoice_is_made_once_for_its_key_and_is_found_and_read_back_by_it(posting_world: World):
    if Capability.INVOICES not in capabilities(posting_world):
        pytest.skip("It takes no invoices.")
    connector = posting_world.connector
    opening = BatchDraft(COMPANY, BatchPurpose.INVOICES, MOMENT.date(), "Contract")
    [batch] = connector.post([PostRequest("contract:batch", content_hash(opening), opening)])
    line = InvoiceLineDraft("Lamp", usd("9.00"), "4000-00", "WRAP", Decimal(2))
    less = InvoiceLineDraft("Discount", usd("-1.50"), "4050-00")
    draft = InvoiceDraft(COMPANY, "17850", MOMENT.date(), usd("7.50"), "WEB-1", "x", (line, less))
    ref = batch.document.batch_ref
    request = PostRequest("contract:invoice", content_hash(draft), draft, ref)
    made, again = connector.post([request, request])
    assert (made.status, again.status) == (OutcomeStatus.DONE, OutcomeStatus.DUPLICATE)
    [found] = connector.find_postings(COMPANY, [request.key])
    assert (found.document, found.content_hash) == (made.document, request.content_hash)
    assert differences(draft, request.content_hash, found) == ()
    [standing] = connector.postings_of(COMPANY, [request.key])
    assert standing.fields == owed_fields(draft_to_json(draft))
    short = replace(draft, amount=usd("7.51"))
    [refused] = connector.post([PostRequest("contract:short", content_hash(short), short, ref)])
    assert (refused.status, refused.code) == (OutcomeStatus.REFUSED, "invoice_unbalanced")
    assert min(connector.invoice_widths.values()) > 0


def test_stock_is_told_of_items_that_are_kept_in_stock(world: World):
    if Capability.STOCK not in capabilities(world):
        pytest.skip("It knows no stock.")
    found = world.connector.stock_of(COMPANY, [ITEM, "WRAP", "never heard of", ""])
    assert set(found) == {ITEM}
    assert (found[ITEM].item, found[ITEM].available) == (ITEM, Decimal(10))
    assert world.connector.stock_of(COMPANY, []) == {}


def test_sales_orders_are_found_by_their_numbers(world: World):
    if Capability.ORDERS not in capabilities(world):
        pytest.skip("It has no sales orders.")
    [order] = world.connector.orders_of(COMPANY, ["po-1", "never heard of"])
    assert "PO-1" in order.references
    assert (order.is_open, order.customer_id, order.amount) == (True, "17850", usd("4.50"))
    assert [(line.item, line.open_quantity) for line in order.lines] == [(ITEM, Decimal(1))]
    assert world.connector.orders_of(COMPANY, []) == []


def test_what_was_posted_is_read_back_page_by_page(posting_world: World):
    connector = posting_world.connector
    posted = [request_of(f"standing:{number}") for number in range(3)]
    connector.post(posted)
    for limit in (1, 2, 100):
        found, after = [], ""
        while page := connector.list_postings(COMPANY, after, limit):
            assert len(page) <= limit
            found += [row.key for row in page]
            after = page[-1].key
        assert {request.key for request in posted} <= set(found)
        assert len(found) == len(set(found))
    [one] = connector.postings_of(COMPANY, ["standing:1", "never posted"])
    assert (one.key, one.content_hash) == (posted[1].key, posted[1].content_hash)
    assert one.fields == owed_fields(draft_to_json(posted[1].draft))


def attempts(world, connector):
    for stream in streams(world):
        yield lambda: connector.fetch(stream, {}, moment=MOMENT, limit=1)  # noqa: B023
    if Capability.OPEN_ITEMS in capabilities(world):
        yield lambda: connector.fetch_open_items(COMPANY, {}, 1)
        yield lambda: connector.open_items_of(COMPANY, "17850", 1)
        yield lambda: connector.snapshot(COMPANY, item_keys=["1"], keys=["k"])
    if Capability.POST in capabilities(world):
        yield lambda: connector.find_postings(COMPANY, ["k"])
    if Capability.LEDGER in capabilities(world):
        yield lambda: connector.ledger_lines(COMPANY, "1050-00", ["r"])
    if Capability.DAYS in capabilities(world):
        for stream in streams(world):
            yield lambda: connector.fetch_day(stream, MOMENT.date())  # noqa: B023
    if Capability.STOCK in capabilities(world):
        yield lambda: connector.stock_of(COMPANY, [ITEM])
    if Capability.ORDERS in capabilities(world):
        yield lambda: connector.orders_of(COMPANY, ["PO-1"])
    if Capability.STANDING in capabilities(world):
        yield lambda: connector.list_postings(COMPANY, "", 1)
        yield lambda: connector.postings_of(COMPANY, ["k"])
        yield lambda: connector.list_strays(COMPANY, "", 1)


def test_every_failure_has_a_name_and_shows_no_secret(world: World, caplog):
    caplog.set_level(logging.DEBUG)
    assert world.failures
    for make in world.failures.values():
        connector = make()
        for attempt in attempts(world, connector):
            with pytest.raises(EdgeError) as raised:
                attempt()
            error = raised.value
            assert type(error) is not EdgeError
            assert error.message.strip()
            shown = f"{error!s}{error!r}{error.__cause__!r}"
            if not error.__suppress_context__:
                shown += repr(error.__context__)
            assert SECRET not in shown
        checks = connector.check_connection()
        assert not checks[-1].passed
        assert SECRET not in repr(checks) + repr(connector)
        connector.close()
    assert SECRET not in caplog.text


def test_every_failure_is_called_by_what_to_do_next(world: World):
    """The table of errors: who backs off, who pauses, who asks a person follows from the name."""
    assert set(world.meanings) == set(world.failures)
    for name, make in world.failures.items():
        connector = make()
        for attempt in attempts(world, connector):
            with pytest.raises(EdgeError) as raised:
                attempt()
            assert type(raised.value) is world.meanings[name], name
        connector.close()


def test_the_pause_that_a_vendor_asks_for_is_known_in_both_forms(world: World):
    for name, least in (
        ("throttled", timedelta(seconds=5)),
        ("throttled until", timedelta(days=1)),
    ):
        for attempt in attempts(world, world.failures[name]()) if name in world.failures else ():
            with pytest.raises(ThrottledError) as raised:
                attempt()
            assert raised.value.retry_after == least


def test_a_failed_write_that_never_left_says_so_without_a_secret(posting_world: World):
    connector = posting_world.failures["unreachable"]()
    outcomes = connector.post([request_of("k1"), request_of("k2")])
    connector.close()
    assert [o.status for o in outcomes] == [OutcomeStatus.NOT_SENT, OutcomeStatus.NOT_SENT]
    assert {type(o.error) for o in outcomes} == {TransientError}
    assert SECRET not in repr(outcomes)


def test_a_connection_that_works_passes_its_checks(world: World):
    checks = world.connector.check_connection()
    assert checks
    assert all(check.passed and check.meaning and check.name for check in checks)


def test_each_required_setting_is_asked_for_by_its_label(world: World):
    for option in describe(info_of(world.code).settings_class):
        if not option.required:
            continue
        settings = {k: v for k, v in world.settings.items() if k != option.name}
        secrets = {k: v for k, v in world.secrets.items() if k != option.name}
        with pytest.raises(ConfigError, match=option.label) as raised:
            build(world.code, settings, secrets, sandbox=True)
        assert raised.value.setting == option.name


def test_settings_have_words_for_a_form_and_hide_their_secrets(world: World):
    settings_class = info_of(world.code).settings_class
    for option in describe(settings_class):
        assert option.label[:1].isupper()
        if any(word in option.name for word in ("password", "secret", "token", "url")):
            assert option.secret or option.name == "base_url"
    shown = repr(settings_class.from_mapping(world.settings, world.secrets))
    assert not [value for value in world.secrets.values() if value in shown]


def test_a_document_of_an_unknown_kind_is_refused(world: World):
    if streams(world):
        with pytest.raises(UnreadableError):
            world.connector.parse("no such kind", b"", {})


@pytest.mark.parametrize("code", sorted(CONNECTORS))
def test_a_connector_has_the_files_that_all_have(code):
    module = importlib.import_module(f"integrations.connectors.{code}.connector")
    folder = Path(module.__file__).parent
    assert {"config.py", "connector.py", "NOTES.md"} <= {path.name for path in folder.iterdir()}


def test_an_unknown_connector_is_refused_by_name():
    with pytest.raises(ConfigError, match="no connector 'abacus'"):
        build("abacus", {}, {}, sandbox=True)
