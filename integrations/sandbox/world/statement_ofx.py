"""The bank's statement as OFX 1.0.2, the SGML that banks offer for download. Pure."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from integrations.sandbox.world.statement import Line

HEAD = (
    "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nSECURITY:NONE\r\nENCODING:USASCII\r\n"
    "CHARSET:1252\r\nCOMPRESSION:NONE\r\nOLDFILEUID:NONE\r\nNEWFILEUID:NONE\r\n\r\n"
)
#: The hour and the zone in which the bank's days are written.
NOON = "120000.000[-5:EST]"
LONGEST_NAME = 32


def as_ofx(lines: Sequence[Line], account: str, damaged: int | None = None) -> str:
    """The entry of the line with the id `damaged` has an amount nobody can read."""
    days = [f"{line.booked_on:%Y%m%d}{NOON}" for line in lines] or [f"20000101{NOON}"]
    entries = "".join(
        _entry(line, day, is_damaged=line.id == damaged)
        for line, day in zip(lines, days, strict=False)
    )
    balance = f"{lines[-1].balance:.2f}" if lines else "0.00"
    return (
        f"{HEAD}<OFX>\r\n<SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS>"
        f"<DTSERVER>{days[-1]}<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1>\r\n"
        "<BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS>\r\n"
        "<STMTRS><CURDEF>USD\r\n<BANKACCTFROM><BANKID>122099999\r\n"
        f"<ACCTID>{account}\r\n<ACCTTYPE>CHECKING\r\n</BANKACCTFROM>\r\n"
        f"<BANKTRANLIST><DTSTART>{days[0]}\r\n<DTEND>{days[-1]}\r\n{entries}</BANKTRANLIST>\r\n"
        f"<LEDGERBAL><BALAMT>{balance}<DTASOF>{days[-1]}</LEDGERBAL>\r\n"
        "</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\r\n"
    )


def _entry(line: Line, day: str, *, is_damaged: bool) -> str:
    amount = f"{line.amount:.2f}"
    if is_damaged:
        amount = f"{amount[:-2]}#{amount[-1]}"
    kind = "CREDIT" if line.amount >= 0 else "DEBIT"
    reference = f"<REFNUM>{escape(line.reference)}\r\n" if line.reference else ""
    return (
        f"<STMTTRN>\r\n<TRNTYPE>{kind}\r\n<DTPOSTED>{day}\r\n<TRNAMT>{amount}\r\n"
        f"<FITID>SB{line.id:08d}\r\n{reference}"
        f"<NAME>{escape(line.description[:LONGEST_NAME])}\r\n</STMTTRN>\r\n"
    )
