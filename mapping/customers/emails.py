"""E-mail addresses by what their provider makes of them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_SHAPE: Final = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
#: Providers that are known to ignore dots before the @; one name for all their domains.
_IGNORE_DOTS: Final = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}
#: Providers that are known to deliver name+anything to name.
_IGNORE_PLUS: Final = frozenset(
    {"gmail.com", "outlook.com", "hotmail.com", "live.com", "icloud.com", "me.com",
     "fastmail.com", "proton.me", "protonmail.com"}
)  # fmt: skip
#: Anybody gets an address there: the domain says nothing about a company.
PUBLIC: Final = _IGNORE_PLUS | frozenset(
    {"yahoo.com", "yahoo.co.uk", "aol.com", "msn.com", "comcast.net", "verizon.net", "att.net",
     "sbcglobal.net", "btinternet.com", "gmx.de", "gmx.net", "web.de", "t-online.de", "mail.com",
     "mail.ru", "yandex.ru", "orange.fr", "free.fr", "wanadoo.fr", "libero.it", "hotmail.co.uk"}
)  # fmt: skip
#: Mailboxes of a function: several people, and several branches, share one.
_SHARED: Final = frozenset(
    {"info", "office", "accounts", "accounting", "accountspayable", "ap", "ar", "billing",
     "invoice", "invoices", "payable", "payables", "finance", "sales", "orders", "admin",
     "contact", "hello", "mail", "support", "service", "team", "shop", "purchasing", "enquiries",
     "buchhaltung", "rechnung", "noreply", "reception", "bookkeeping", "pay", "payments"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Email:
    """`normal` is equal for two spellings of one mailbox; empty where there is no address."""

    normal: str
    local: str
    domain: str

    def __bool__(self) -> bool:
        return bool(self.normal)

    @property
    def is_shared(self) -> bool:
        """A mailbox of a function, such as accounts@: not one person's."""
        return re.sub(r"[^a-z]", "", self.local) in _SHARED

    @property
    def is_public(self) -> bool:
        return self.domain in PUBLIC


def read_email(text: str) -> Email:
    """The first address in a text. Dots and +tags go only where the provider ignores them."""
    found = _SHAPE.search(text.strip().casefold().removeprefix("mailto:"))
    if found is None:
        return Email("", "", "")
    local, _, domain = found.group().strip(".").partition("@")
    domain = _IGNORE_DOTS.get(domain, domain)
    if domain in _IGNORE_PLUS:
        local = local.partition("+")[0] or local
    if domain in _IGNORE_DOTS:
        local = local.replace(".", "")
    return Email(f"{local}@{domain}", local, domain)
