"""Reading a request's fields; every problem is collected under its error number."""

import json
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.sandbox.paytrace import assumptions
from integrations.sandbox.paytrace.answers import Refused

ADDRESS_KEYS = ("name", "street_address", "street_address2", "city", "state", "zip", "country")
SHIPPING_KEYS = (*ADDRESS_KEYS[:5], "county", *ADDRESS_KEYS[5:])
MAX_AMOUNT = Decimal("999999999.99")


@dataclass(frozen=True, slots=True)
class Card:
    """What is kept of a card. `refusal` is why its issuer declines every charge, if it does."""

    bin: str
    last4: str
    digits: int
    brand: str
    expiration_month: int
    expiration_year: int
    refusal: str


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; an empty body is an empty object. Raises Refused."""
    if not body.strip():
        return {}
    try:
        value = json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused({assumptions.ERROR_BODY: "The body is not JSON."}) from error
    if not isinstance(value, dict):
        raise Refused({assumptions.ERROR_BODY: "The body is not a JSON object."})
    return value


class Fields:
    """The fields of one request. `check` raises Refused with all problems met so far."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values
        self.errors: dict[str, str] = {}

    def check(self) -> None:
        if self.errors:
            raise Refused(self.errors)

    def has(self, key: str) -> bool:
        return self._values.get(key) not in (None, "")

    def text(self, key: str, longest: int = assumptions.MAX_TEXT) -> str:
        return self._text(self._values.get(key), key, longest)

    def flag(self, key: str) -> bool:
        value = self._values.get(key)
        return value is True or (isinstance(value, str) and value.lower() == "true")

    def amount(self, key: str = "amount", *, zero: bool = False) -> Decimal:
        """A decimal string or a JSON number, with two decimals at most."""
        amount = _decimal(self._values.get(key))
        if amount is None or amount < 0 or amount > MAX_AMOUNT or (amount == 0 and not zero):
            self.errors[assumptions.ERROR_AMOUNT] = "The amount is missing or not valid."
            return Decimal(0)
        return amount

    def optional_amount(self) -> Decimal | None:
        return self.amount() if self.has("amount") else None

    def transaction_id(self) -> int:
        number = self.number("transaction_id")
        if number is None:
            self.errors[assumptions.ERROR_TRANSACTION_ID] = "The transaction ID is not valid."
        return number or 0

    def number(self, key: str) -> int | None:
        """A whole number of up to 18 digits, as JSON number or string."""
        value = self._values.get(key)
        text = str(value).strip() if isinstance(value, (int, str)) else ""
        return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None

    def day(self, key: str) -> date:
        """MM/DD/YYYY."""
        value = self._values.get(key)
        if isinstance(value, str) and re.fullmatch(r"\d{1,2}/\d{1,2}/\d{4}", value, re.ASCII):
            month, day, year = map(int, value.split("/"))
            try:
                if 1970 <= year <= 2999:
                    return date(year, month, day)
            except ValueError:
                self.errors[assumptions.ERROR_DATE] = f"{key} is no date of the calendar."
                return date.min
        self.errors[assumptions.ERROR_DATE] = f"{key} must be a date, MM/DD/YYYY."
        return date.min

    def day_range(self) -> tuple[date, date]:
        first, last = self.day("start_date"), self.day("end_date")
        if first > last:
            self.errors[assumptions.ERROR_DATE] = "end_date is before start_date."
        return first, last

    def csc(self) -> str:
        value = self._values.get("csc")
        if value in (None, ""):
            return ""
        if not isinstance(value, str) or not re.fullmatch(r"\d{3,4}", value, re.ASCII):
            self.errors[assumptions.ERROR_CSC] = "The security code is not valid."
            return ""
        return value

    def card(self) -> Card:
        """`credit_card`; the number itself goes no further than this."""
        raw = self._values.get("credit_card")
        card = raw if isinstance(raw, dict) else {}
        number = re.sub(r"[ -]", "", str(card.get("number", "")))
        if not re.fullmatch(r"\d{13,19}", number, re.ASCII) or not _luhn(number):
            self.errors[assumptions.ERROR_CARD_NUMBER] = "The credit card number is not valid."
        month, year = _whole(card.get("expiration_month")), _whole(card.get("expiration_year"))
        if not 1 <= month <= 12:
            self.errors[assumptions.ERROR_EXPIRATION_MONTH] = "The expiration month is not valid."
        if 0 <= year < 100:
            year += 2000
        if not 2000 <= year < 2100:
            self.errors[assumptions.ERROR_EXPIRATION_YEAR] = "The expiration year is not valid."
        return Card(
            bin=number[:6],
            last4=number[-4:],
            digits=len(number),
            brand=brand_of(number),
            expiration_month=month,
            expiration_year=year,
            refusal=assumptions.DECLINED_CARDS.get(number, ""),
        )

    def details(self) -> dict[str, Any]:
        """What the vendor only keeps and echoes in exports."""
        return {
            "tax_amount": self._echoed_amount("tax_amount"),
            "billing_address": self._address("billing_address", ADDRESS_KEYS),
            "shipping_address": self._address("shipping_address", SHIPPING_KEYS),
            "receipt_emailed_to": self.text("email"),
            "phone": self.text("phone"),
            "fax": self.text("fax"),
            "discretionary_data": self._discretionary(),
        }

    def _echoed_amount(self, key: str) -> str:
        amount = self.amount(key, zero=True) if self.has(key) else Decimal(0)
        return f"{amount:.2f}"

    def _address(self, key: str, names: tuple[str, ...]) -> dict[str, str]:
        value = self._values.get(key)
        address = value if isinstance(value, dict) else {}
        return {name: self._text(address.get(name), name, assumptions.MAX_TEXT) for name in names}

    def _discretionary(self) -> dict[str, str]:
        value = self._values.get("discretionary_data")
        if not isinstance(value, dict):
            return {}
        return {str(name): self._text(text, "discretionary_data", 1000)
                for name, text in value.items()}  # fmt: skip

    def _text(self, value: Any, key: str, longest: int) -> str:
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
            self.errors[assumptions.ERROR_TEXT] = f"{key} must be text."
            return ""
        text = str(value)
        if len(text) > longest:
            self.errors[assumptions.ERROR_TEXT] = f"{key} is longer than {longest} characters."
        elif "\0" in text or (not text.isprintable() and _has_surrogate(text)):
            self.errors[assumptions.ERROR_TEXT] = f"{key} holds characters that are not text."
        return text


def brand_of(number: str) -> str:
    """The brand by the number's first digits."""
    if number.startswith("4"):
        return "visa"
    if number[:2] in ("34", "37"):
        return "amex"
    if number[:2] in ("36", "38", "39") or "300" <= number[:3] <= "305":
        return "diners"
    if "3528" <= number[:4] <= "3589":
        return "jcb"
    if "51" <= number[:2] <= "55" or "2221" <= number[:4] <= "2720":
        return "mastercard"
    if number[:4] == "6011" or number[:2] == "65" or "644" <= number[:3] <= "649":
        return "discover"
    return "private"


def _luhn(number: str) -> bool:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (sum(map(int, number[-1::-2])) + sum(doubled)) % 10 == 0


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        return None
    if isinstance(value, str) and not re.fullmatch(r"\d{1,12}(\.\d{1,2})?", value, re.ASCII):
        return None
    try:
        amount = Decimal(value)
        cents = amount.quantize(Decimal("0.01"))
    except InvalidOperation:
        return None
    return cents if cents == amount else None


def _whole(value: Any) -> int:
    text = str(value).strip() if isinstance(value, (int, str)) else ""
    return int(text) if re.fullmatch(r"\d{1,4}", text, re.ASCII) else -1


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
