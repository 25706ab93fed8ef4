"""The bank's statement as CAMT.053, version 8, after the public message definition. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from xml.sax.saxutils import escape

from integrations.sandbox.world.statement import Line

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


def as_camt053(lines: Sequence[Line], account: str, damaged: int | None = None) -> str:
    """The entry of the line with the id `damaged` has an amount nobody can read."""
    name = f"{lines[-1].booked_on:%Y%m%d}" if lines else "0"
    balances = ""
    if lines:
        balances += _balance("OPBD", lines[0].balance - lines[0].amount, lines[0])
        balances += _balance("CLBD", lines[-1].balance, lines[-1])
    entries = "".join(_entry(line, is_damaged=line.id == damaged) for line in lines)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{NAMESPACE}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>M{name}</MsgId></GrpHdr>\n<Stmt><Id>S{name}</Id><Acct><Id><Othr><Id>"
        f"{account}</Id></Othr></Id><Ccy>USD</Ccy></Acct>\n{balances}<TxsSummry><TtlNtries>"
        f"<NbOfNtries>{len(lines)}</NbOfNtries></TtlNtries></TxsSummry>\n{entries}"
        "</Stmt></BkToCstmrStmt></Document>\n"
    )


def _balance(code: str, amount: Decimal, line: Line) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_money(f'{abs(amount):.2f}')}"
        f"{_way(amount)}<Dt><Dt>{line.booked_on}</Dt></Dt></Bal>\n"
    )


def _entry(line: Line, *, is_damaged: bool) -> str:
    amount = f"{abs(line.amount):.2f}"
    if is_damaged:
        amount = f"{amount[:-2]}#{amount[-1]}"
    reference = escape(line.reference) or "NOTPROVIDED"
    return (
        f"<Ntry><NtryRef>{line.id}</NtryRef>{_money(amount)}{_way(line.amount)}"
        f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{line.booked_on}</Dt></BookgDt><ValDt><Dt>"
        f"{line.booked_on}</Dt></ValDt><AcctSvcrRef>SB{line.id:08d}</AcctSvcrRef><NtryDtls>"
        f"<TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs></TxDtls></NtryDtls>"
        f"<AddtlNtryInf>{escape(line.description)}</AddtlNtryInf></Ntry>\n"
    )


def _money(text: str) -> str:
    return f'<Amt Ccy="USD">{text}</Amt>'


def _way(amount: Decimal) -> str:
    return f"<CdtDbtInd>{'CRDT' if amount >= 0 else 'DBIT'}</CdtDbtInd>"
