"""BAI2: records, continuations, type codes, funds types, totals."""

import re
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.canonical import meaning_hash
from integrations.connectors.bank_file.bai2 import read_bai2
from integrations.errors import UnreadableError
from tests.integrations.connectors.bank_file.reading import parse, read, refused, usd

HEAD = "01,122099999,TIEOUT,101204,0600,1,,,2/\n"
GROUP = "02,TIEOUT,122099999,1,101203,2359,USD,2/\n"


def bai2(*entries, opening="", closing="", total="", group=GROUP, account="0975312468,USD"):
    balances = f",010,{opening},,,015,{closing},," if opening else ",,,,"
    trailer = f"49,{total},{len(entries) + 2}/\n" if total else ""
    lines = "".join(f"{entry}\n" for entry in entries)
    end = "98,0,1,4/\n99,0,1,6/\n"
    return f"{HEAD}{group}03,{account}{balances}/\n{lines}{trailer}{end}"


def entries(*given, **more):
    return parse("BAI2", bai2(*given, **more))


def test_an_entry_is_read_with_its_line_its_day_and_its_sign():
    found = entries(
        "16,165,9680,1,DD1620,BATCH 7,MERCHANT DEPOSIT PAYTRACE/",
        "16,475,240000,0,,4711,RENT, WAREHOUSE",
    )
    deposit, rent = found.records
    assert (deposit.line_number, deposit.booked_on) == (4, date(2010, 12, 3))
    assert (deposit.amount, deposit.reference) == (usd("96.80"), "BATCH 7")
    assert (rent.amount, rent.description) == (usd("-2400.00"), "RENT, WAREHOUSE")
    assert found.warnings == []


@pytest.mark.parametrize(
    ("code", "amount"),
    [
        ("101", "1.00"),
        ("399", "1.00"),
        ("401", "-1.00"),
        ("699", "-1.00"),
        ("925", "1.00"),
        ("975", "-1.00"),
    ],
)
def test_the_type_code_says_which_way_the_money_goes(code, amount):
    assert read(entries(f"16,{code},100,0,,,X/")) == [amount]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("16,165,12.50,0,,,X", "line 4: '12.50' is not an amount without a decimal point"),
        ("16,165,,0,,,X", "line 4: '' is not an amount without a decimal point"),
        ("16,165,-100,0,,,X", "line 4: '-100' has a sign; the type code 165 says the direction"),
        ("16,100,100,0,,,X", "line 4: the type code 100 is a total and no entry"),
        ("16,721,100,0,,,X", "line 4: the type code '721' does not say whether money came or went"),
        ("16,165,100,Q,,,X", "line 4: 'Q' is not a funds type"),
        ("16,165,100,D,x,,X", "line 4: 'x' is not a number of distributions"),
        ("77,165,100,0,,,X", "line 4: 77 is no record of BAI2"),
        ("DEPOSIT", "line 4: it is no BAI2 record"),
    ],
)
def test_a_bad_entry_is_told_by_its_line_and_the_good_ones_proceed(entry, words):
    found = entries(entry, "16,165,200,0,,,GOOD/")
    assert (refused(found), read(found)) == ([words], ["2.00"])


@pytest.mark.parametrize(
    "funds",
    ["", "0", "Z", "V,101204,0900", "S,100,200,300", "D,2,0,100,1,200"],
)
def test_when_money_can_be_used_does_not_shift_what_stands_behind_it(funds):
    [line] = entries(f"16,165,100,{funds},BANKREF,BATCH 7,TEXT/").records
    assert (line.reference, line.description) == ("BATCH 7", "TEXT")


def test_a_continuation_goes_on_with_fields_and_with_text():
    [line] = entries(
        "16,115,10000000,S,5000000,4000000,1000000/",
        "88,AX13612,B096132,AMALGAMATED CORP., LOCKBOX",
        "88,DEPOSIT-MISC. RECEIVABLES",
        "88,ROOM 5/6/",
    ).records
    assert (line.amount, line.reference) == (usd("100000.00"), "B096132")
    wanted = "AMALGAMATED CORP., LOCKBOX DEPOSIT-MISC. RECEIVABLES ROOM 5/6"
    assert (line.description, line.line_number) == (wanted, 4)


def test_balances_may_stand_in_continuations_of_the_account():
    body = bai2("16,165,100,0,,,X/").replace(
        "03,0975312468,USD,,,,/", "03,0975312468,USD,010,500,,,040/\n88,700,,,015/\n88,601,,/"
    )
    [warning] = parse("BAI2", body).warnings
    assert "come to 6.00 USD, but the closing balance is 6.01 USD" in warning
    assert "differs by 0.01 USD" in warning


def test_opening_and_closing_balance_that_fit_say_nothing():
    given = "16,165,9680,0,,,A/", "16,475,80,0,,,B/"
    assert entries(*given, opening="+10000", closing="19600", total="39360").warnings == []


def test_the_banks_control_total_is_added_up():
    found = entries("16,165,9680,0,,,A/", total="9690")
    expected = "the bank's control total is 96.90 USD, the records come to 96.80 USD."
    assert found.warnings == [f"Line 5: {expected}"]
    assert read(found) == ["96.80"]


def test_a_file_that_was_cut_off_says_so_and_its_last_amount_is_not_believed():
    body = bai2("16,165,100,0,,,A/", "16,165,968000,0,,,B/")
    found = parse("BAI2", body[: body.index("8000,0,,,B")])
    assert read(found) == ["1.00"]
    assert refused(found) == [
        "line 5: the file breaks off here, so its amount may be cut off",
    ]
    assert found.warnings == ["The file has no end record (99): it may be cut off."]


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("02,R,O,2,101203,,USD,2/\n", "deletes what came before"),
        ("02,R,O,3,101203,,USD,2/\n", "corrects what came before"),
        ("02,R,O,4,101203,,USD,2/\n", "is a test"),
        ("02,R,O,1,101203,,USD,1/\n", "is not final yet"),
        ("02,R,O,1,101203,,USD,3/\n", "is about a day that is not over"),
    ],
)
def test_a_group_that_is_no_news_of_what_was_booked_is_refused_with_its_entries(group, words):
    found = entries("16,165,100,0,,,A/", "16,165,200,0,,,B/", group=group)
    assert refused(found) == [f"line 3: its group {words}; 2 entries were not taken"]
    assert read(found) == []


def test_a_group_without_a_day_refuses_each_of_its_entries():
    found = entries("16,165,100,0,,,A/", group="02,R,O,1,101331,,USD,2/\n")
    assert refused(found) == ["line 4: its group (02) has no date that can be read"]


def test_an_entry_outside_of_an_account_is_not_lost():
    body = bai2("16,165,100,0,,,A/", "49,100,3/", "16,165,200,0,,,B/")
    found = parse("BAI2", body)
    assert refused(found) == ["line 6: the entry stands in no account (03)"]
    assert read(found) == ["1.00"]


def test_information_without_money_is_left_out_and_said():
    found = entries("16,890,,0,,,RATES CHANGE/", "16,165,100,0,,,A/")
    assert read(found) == ["1.00"]
    assert found.warnings == []
    assert found.remarks == ["Account in line 3: 1 record without money was left out."]


@pytest.mark.parametrize(
    ("currency", "amount"), [("JPY", "12345"), ("USD", "123.45"), ("KWD", "12.345")]
)
def test_amounts_count_the_smallest_unit_of_their_currency(currency, amount):
    body = bai2("16,165,12345,0,,,A/", account=f"0975312468,{currency}")
    assert read(parse("BAI2", body, currency=currency)) == [amount]


def test_an_account_without_a_currency_has_its_groups_else_the_connections():
    body = bai2("16,165,100,0,,,A/", account="0975312468,")
    assert read(parse("BAI2", body)) == ["1.00"]
    with pytest.raises(UnreadableError, match="in EUR; this connection is in USD"):
        parse("BAI2", body.replace(",USD,2/", ",EUR,2/"))
    assert read(parse("BAI2", body.replace(",USD,2/", ",,2/"))) == ["1.00"]


def test_lines_may_end_anyhow_and_be_filled_with_blanks():
    body = bai2("16,165,100,0,,REF,A/").replace("\n", "   \r\n")
    whole = parse("BAI2", body).records
    assert whole == parse("BAI2", "\ufeff" + body.replace("\r\n", "\r")).records
    assert (whole[0].reference, whole[0].description) == ("REF", "A")


def test_true_twins_stay_two_and_another_file_repeats_them():
    twin = "16,165,1000,0,,,CARD DEPOSIT/"
    first, second = entries(twin, twin).records
    assert first.external_id != second.external_id
    later = entries("16,475,100,0,,,FEE/", twin, twin).records
    assert [line.external_id for line in later[1:]] == [first.external_id, second.external_id]
    assert meaning_hash(later[1]) == meaning_hash(first)


FIELD = st.sampled_from(
    ["16", "03", "49", "88", "165", "475", "100", "-5", "D", "S", "V", "2", "", "TEXT", "/"]
) | st.text(max_size=6)
LINES = st.lists(st.lists(FIELD, min_size=1, max_size=9).map(",".join), max_size=9)


STRUCTURE = re.compile(r"(01|02|03|49|88|98|99)(,|/|$)")


@given(LINES)
def test_every_line_that_is_an_entry_or_nothing_known_has_an_end(lines):
    body = bai2(*lines)
    plain = [line.strip() for line in re.split(r"\r\n|\r|\n", body)]
    wanted = [line for line in plain if line and not STRUCTURE.match(line)]
    found = read_bai2(body.encode(errors="replace"), "USD")
    silent = [re.search(r"(\d+) records? without", n) for s in found.statements for n in s.remarks]
    told = sum(len(each.entries) for each in found.statements) + len(found.loose)
    assert told + sum(int(match[1]) for match in silent if match) == len(wanted)


@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_break_it(body, has_head):
    with suppress(UnreadableError):
        found = parse("BAI2", (HEAD + GROUP).encode() + body if has_head else body)
        assert found.records is not None
