"""For every connector a small world that holds still: a vendor with a few facts, and its failures.

A new connector adds its world here; the suite then holds it to what every connector promises.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from integrations.connectors.paytrace.config import PayTraceSettings
from integrations.connectors.paytrace.connector import create as create_paytrace
from integrations.contracts import Capability
from integrations.errors import AuthError, ConfigError, EdgeError, ThrottledError, TransientError
from integrations.registry import build
from integrations.sandbox.sage500.build import build as build_sage
from integrations.sandbox.sage500.build import load_invoices
from integrations.sandbox.sage500.stock import (
    OrderedItem,
    StockItem,
    enter_sales_order,
    put_in_stock,
)
from tests.integrations.connectors.orders.orders import body

MOMENT = datetime(2010, 12, 6, 20, tzinfo=UTC)
SECRET = "never-to-be-seen-7f3a"
COMPANY = "SOA"
#: An item of which ten are to be had, and one is ordered as PO-1 besides.
ITEM = "22423"


@dataclass
class World:
    """A connector over its vendor.

    `expected`: ids that each stream holds. `failures`: makers of connectors whose vendor fails,
    by what fails; each holds SECRET as its secret. `meanings`: what each of them is to be called,
    by the table of errors.
    """

    code: str
    connector: Any
    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    expected: Mapping[Capability, set[str]] = field(default_factory=dict)
    failures: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    meanings: Mapping[str, type[EdgeError]] = field(default_factory=dict)


def _sale(number: int, day: int) -> dict[str, Any]:
    return {
        "transaction_id": number,
        "transaction_type": "SALE",
        "amount": 10.25,
        "status_code": "GB7",
        "status_message": "GB7",
        "created": {"at": f"12/{day}/2010 9:00:00 AM"},
        "settled": f"12/{day}/2010 8:00:00 PM",
    }


SALES = {day: [_sale(day * 10, day), _sale(day * 10 + 1, day)] for day in range(3, 7)}
SETTLEMENT = {
    "batch_number": 7,
    "when": "12/6/2010 8:00:00 PM",
    "tranx_count": 8,
    "net_amount": "82.00",
    "sales_count": 8,
    "sales_amount": "82.00",
    "refund_count": 0,
    "refund_amount": "0.00",
}


def _paytrace(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/oauth/token":
        return httpx.Response(200, json={"access_token": SECRET + "-token", "expires_in": 7200})
    asked = json.loads(request.content)
    if "transaction_id" in asked:
        rows = [_sale(asked["transaction_id"], 1)]
    else:
        rows = SALES.get(int(asked["start_date"][3:5]), [])
    answer = {"success": True, "transactions": rows, "batches": [SETTLEMENT]}
    return httpx.Response(200, json=answer)


def _answering(answer: httpx.Response | Exception) -> Callable[[httpx.Request], httpx.Response]:
    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handle


def paytrace(folder: Path, sage_url: str) -> World:
    settings, secrets = {"username": "api"}, {"password": SECRET}

    def over(handle: Callable[[httpx.Request], httpx.Response]) -> Any:
        read = PayTraceSettings.from_mapping(settings, secrets)
        return create_paytrace(read, sandbox=True, transport=httpx.MockTransport(handle))

    echo = {"error": "invalid_grant", "error_description": f"no user with {SECRET}"}
    answers: dict[str, httpx.Response | Exception] = {
        "unreachable": httpx.ConnectError(f"no way to {SECRET}"),
        "reset": httpx.ReadError("reset by peer"),
        "server error": httpx.Response(500, text=f"password={SECRET}"),
        "throttled": httpx.Response(429, headers={"Retry-After": "5"}),
        "throttled until": httpx.Response(
            429, headers={"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"}
        ),
        "throttled without a word": httpx.Response(429),
        "cut off": httpx.RemoteProtocolError("closed in the middle of the body"),
        "too slow": httpx.ReadTimeout("no answer"),
        "busy": httpx.Response(503, headers={"Retry-After": "5"}),
        "refused": httpx.Response(400, json=echo),
        "unauthorized": httpx.Response(401, json=echo),
    }
    return World(
        "paytrace",
        over(_paytrace),
        settings,
        secrets,
        expected={
            Capability.TRANSACTIONS: {
                str(row["transaction_id"]) for d in SALES.values() for row in d
            },
            Capability.BATCHES: {"7"},
        },
        failures={name: lambda a=answer: over(_answering(a)) for name, answer in answers.items()},
        meanings={
            "unreachable": TransientError,
            "reset": TransientError,
            "server error": TransientError,
            "cut off": TransientError,
            "too slow": TransientError,
            "busy": TransientError,
            "throttled": ThrottledError,
            "throttled until": ThrottledError,
            "throttled without a word": ThrottledError,
            "refused": AuthError,  # the log-in is what is refused
            "unauthorized": AuthError,
        },
    )


class Forbidden(type(Path())):  # type: ignore[misc]
    """A folder that refuses everybody: file modes stop no superuser, under whom tests may run."""

    def iterdir(self) -> Any:
        raise PermissionError(13, "Permission denied", str(self))


def bank_csv(folder: Path, sage_url: str) -> World:
    header = "date,description,reference,amount,balance\n"
    for day in (1, 2, 3):
        text = header + f"2010-12-0{day},DEPOSIT {day},GB{day},10.00,\n" * 2
        (folder / f"2010-12-0{day}.csv").write_text(text)
    return _of_folder("bank_csv", folder, {"folder": str(folder), "account": "Main"})


def bank_file(folder: Path, sage_url: str) -> World:
    for day in (1, 2, 3):
        entry = f"16,165,1000,0,,GB{day},DEPOSIT {day}/\n"
        text = f"01,B,T,10120{day},0600,1,,,2/\n02,T,B,1,10120{day},,USD,2/\n03,77,,,,,/\n"
        (folder / f"2010-12-0{day}.bai").write_text(text + entry * 2 + "98,0,1,4/\n99,0,1,6/\n")
    return _of_format("BAI2", folder)


CAMT053 = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Acct><Id><Othr><Id>77</Id></Othr></Id><Ccy>USD</Ccy></Acct>{}</Stmt></BkToCstmrStmt></Document>"""


def bank_file_camt053(folder: Path, sage_url: str) -> World:
    for day in (1, 2, 3):
        entry = (
            '<Ntry><Amt Ccy="USD">10.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
            f"<BookgDt><Dt>2010-12-0{day}</Dt></BookgDt></Ntry>"
        )
        (folder / f"2010-12-0{day}.xml").write_text(CAMT053.format(entry * 2))
    return _of_format("CAMT.053", folder)


OFX = """OFXHEADER:100

<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD
<BANKACCTFROM><ACCTID>77
</BANKACCTFROM><BANKTRANLIST>{}</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"""


def bank_file_ofx(folder: Path, sage_url: str) -> World:
    for day in (1, 2, 3):
        given = "<STMTTRN><TRNTYPE>DEP<DTPOSTED>2010120{}<TRNAMT>10.00<FITID>F{}{}</STMTTRN>"
        entries = "".join(given.format(day, day, number) for number in (1, 2))
        (folder / f"2010-12-0{day}.ofx").write_text(OFX.format(entries))
    return _of_format("OFX", folder)


def _of_format(name: str, folder: Path) -> World:
    settings = {"format": name, "folder": str(folder), "account": "Main", "account_number": "77"}
    return _of_folder("bank_file", folder, settings)


def _of_folder(
    code: str,
    folder: Path,
    settings: Mapping[str, Any],
    stream: Capability = Capability.STATEMENTS,
    kind: str = "statement",
) -> World:
    """Whatever reads files: what its folder holds, and how a folder fails."""
    connector = build(code, settings, {}, sandbox=False)
    lines = {
        record.external_id
        for path in folder.iterdir()
        for record in connector.parse(kind, path.read_bytes(), {}).records
    }
    missing = {**settings, "folder": f"{folder}/missing"}

    def not_permitted() -> Any:
        made = build(code, settings, {}, sandbox=False)
        made._folder.path = Forbidden(folder)
        return made

    return World(
        code,
        connector,
        settings,
        {},
        expected={stream: lines},
        failures={
            "no folder": lambda: build(code, missing, {}, sandbox=False),
            "not permitted": not_permitted,
        },
        meanings={"no folder": ConfigError, "not permitted": ConfigError},
    )


def orders(folder: Path, sage_url: str) -> World:
    for day in (1, 2, 3):
        rows = [body(order=f"WEB-{day}{n}", ordered_on=f"2010-12-0{day}") for n in (1, 2)]
        (folder / f"2010-12-0{day}.jsonl").write_bytes(b"\n".join(rows) + b"\n")
    return _of_folder("orders", folder, {"folder": str(folder)}, Capability.SHOP_ORDERS, "orders")


def sage500(folder: Path, sage_url: str) -> World:
    build_sage(
        sage_url, company=COMPANY, periods_from=date(2010, 11, 1), periods_to=date(2011, 3, 31)
    )
    numbers = [f"C{number}" for number in range(5)]
    day = date(2010, 12, 1)
    load_invoices(
        sage_url,
        [(number, day + timedelta(days=n), "17850", "10.00") for n, number in enumerate(numbers)],
        company=COMPANY,
    )
    put_in_stock(
        sage_url,
        [StockItem(ITEM, "Lamp", Decimal(11)), StockItem("WRAP", "Wrapping")],
        company=COMPANY,
    )
    ordered = [OrderedItem(ITEM, Decimal(1), Decimal("4.50"))]
    enter_sales_order(sage_url, "17850", day, "PO-1", ordered, company=COMPANY)
    settings, secrets = {"companies": [COMPANY]}, {"url": sage_url}
    other = {"url": urlsplit(sage_url)._replace(path="/postgres").geturl()}
    nowhere = {"url": f"postgresql://tieout:{SECRET}@127.0.0.1:1/sage"}
    return World(
        "sage500",
        build("sage500", settings, secrets, sandbox=True),
        settings,
        secrets,
        expected={Capability.OPEN_ITEMS: set(numbers)},
        failures={
            "unreachable": lambda: build("sage500", settings, nowhere, sandbox=True),
            "another database": lambda: build("sage500", settings, other, sandbox=True),
        },
        meanings={"unreachable": TransientError, "another database": ConfigError},
    )


WORLDS: dict[str, Callable[[Path, str], World]] = {
    "paytrace": paytrace,
    "orders": orders,
    "bank_csv": bank_csv,
    "bank_file": bank_file,
    "bank_file CAMT.053": bank_file_camt053,
    "bank_file OFX": bank_file_ofx,
    "sage500": sage500,
}
