"""Labelled customers: who is who is known, because they were made so. Independent of the matcher.

A world has an ERP list, gateway records of customers that are in it, written as people write
them, and gateway records of others that only look like one of them. The same seed, the same world.
"""

from __future__ import annotations

import random
import string
import unicodedata
from dataclasses import dataclass, replace

from tests.bench import customer_pools as pools


@dataclass(frozen=True)
class Record:
    """A customer record as plain texts. `kin` is the ERP's number, where the record carries it."""

    ref: str
    name: str = ""
    email: str = ""
    phone: str = ""
    tax: str = ""
    street: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    kin: str = ""


@dataclass(frozen=True)
class Pair:
    """Two records and the truth about them. `noise` names what was done to the gateway's."""

    gateway: Record
    erp: Record
    same: bool
    noise: str


@dataclass(frozen=True)
class World:
    erp: tuple[Record, ...]
    pairs: tuple[Pair, ...]


def make_world(seed: int, customers: int = 1500) -> World:
    """`customers` in the ERP, one true pair for each and about as many that are not the same."""
    maker = _Maker(random.Random(seed))
    erp = [maker.customer(number) for number in range(customers)]
    pairs = [maker.true_pair(record) for record in erp]
    for record in erp:
        pairs += [maker.false_pair(record)] if maker.rng.random() < 0.9 else []
    pairs += [maker.strangers(erp) for _ in range(customers // 5)]
    return World(tuple(erp), tuple(pairs))


class _Maker:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self._gateway = 0
        self._mails: set[str] = set()

    # --- the ERP's customers, written with care --------------------------------------------

    def customer(self, number: int) -> Record:
        ref = f"C{10000 + number}"
        is_company = self.rng.random() < 0.55
        made = self._company(ref) if is_company else self._person(ref)
        drop = [f for f, share in (("email", 0.3), ("phone", 0.25)) if self.rng.random() < share]
        return replace(made, **dict.fromkeys(drop, ""))

    def _person(self, ref: str) -> Record:
        first, last = self.rng.choice(pools.PEOPLE), self.rng.choice(pools.SURNAMES)
        name = f"{first} {last}"
        if self.rng.random() < 0.04:
            name = self.rng.choice(pools.OTHER_SCRIPTS)[0]
            first, last = dict(pools.OTHER_SCRIPTS)[name].split()
        elif self.rng.random() < 0.2:
            name = f"{first} {self.rng.choice(string.ascii_uppercase)}. {last}"
        if self.rng.random() < 0.03:
            name += " Jr"
        return self._settled(Record(ref, name, self._private_mail(first, last)))

    def _company(self, ref: str) -> Record:
        country = self.rng.choices(("US", "GB", "DE"), (7, 2, 2))[0]
        if self.rng.random() < 0.2:
            stem = f"{self.rng.choice(pools.SURNAMES)} & Sons {self.rng.choice(pools.TRADES)}"
        else:
            stem = f"{self.rng.choice(pools.FIRST_WORDS)} {self.rng.choice(pools.TRADES)}"
        tail = self.rng.choice(pools.TAILS)
        form = self.rng.choice(pools.FORMS[country])[0] if self.rng.random() < 0.75 else ""
        name = " ".join(part for part in (stem, tail, form) if part)
        domain = f"{_plain(stem)}.{'com' if country == 'US' else country.lower()}"
        who = self.rng.choice(pools.OF_ALL)
        if self.rng.random() < 0.45:
            first, last = self.rng.choice(pools.PEOPLE), self.rng.choice(pools.SURNAMES)
            who = f"{_plain(first)[0]}.{_plain(last)}"
        tax = "".join(self.rng.choices(string.digits, k=9)) if self.rng.random() < 0.35 else ""
        return self._settled(Record(ref, name, f"{who}@{domain}", tax=tax), country)

    def _settled(self, record: Record, country: str = "") -> Record:
        """With an address and a telephone."""
        country = country or self.rng.choices(("US", "GB", "DE"), (7, 2, 2))[0]
        city, region, code = self.rng.choice(pools.TOWNS[country])
        street = self.rng.choice(pools.STREETS[country])
        house = str(self.rng.randint(1, 999 if country == "US" else 180))
        line = f"{street} {house}" if country == "DE" else f"{house} {street}"
        if country == "US" and self.rng.random() < 0.2:
            line += f", Suite {self.rng.randint(1, 40)}"
        if country == "US":
            code = f"{int(code) + self.rng.randint(0, 12):05d}"
        return replace(
            record, street=line, city=city, region=region, postcode=code, country=country,
            phone=self._phone(country),
        )  # fmt: skip

    def _phone(self, country: str) -> str:
        digits = "".join(self.rng.choices("23456789", k=3) + self.rng.choices(string.digits, k=7))
        prefix = {"US": "", "GB": "+44 ", "DE": "+49 "}[country]
        return f"{prefix}{digits[:3]} {digits[3:6]} {digits[6:]}"

    def _private_mail(self, first: str, last: str) -> str:
        one, other = _plain(first), _plain(last)
        local = self.rng.choice(
            (f"{one}.{other}", f"{one}{other}", f"{one[0]}{other}", f"{other}.{one}",
             f"{one}{self.rng.randint(50, 99)}", f"{one[0]}.{other}{self.rng.randint(1, 99)}")
        )  # fmt: skip
        mail = f"{local}@{self.rng.choice(pools.MAILBOXES)}"
        while _mailbox(mail) in self._mails:  # a mailbox of one's own is one's own
            local = f"{one}{other}{self.rng.randint(1, 9999)}"
            mail = f"{local}@{self.rng.choice(pools.MAILBOXES)}"
        self._mails.add(_mailbox(mail))
        return mail

    # --- the same customer, as the gateway has it ------------------------------------------

    def _named(self, record: Record) -> Record:
        self._gateway += 1
        return replace(record, ref=f"g{self._gateway}", tax="", kin="")

    def true_pair(self, erp: Record) -> Pair:
        record = self._named(erp)
        noise = []
        if self.rng.random() < 0.15:
            record = replace(record, kin=erp.ref)
            noise.append("number")
        elif erp.tax and self.rng.random() < 0.3:
            record = replace(record, tax=erp.tax)
            noise.append("tax number")
        for _ in range(self.rng.choices((0, 1, 2, 3), (1, 4, 4, 2))[0]):
            done, record = self._distort(record, is_company="@" in erp.email and _is_firm(erp))
            noise.append(done)
        record = self._thin(self._handwritten(record))
        return Pair(record, erp, True, "+".join(noise) or "as it is")

    def _distort(self, record: Record, *, is_company: bool) -> tuple[str, Record]:
        kinds = ["typo", "swapped", "moved", "other e-mail", "other phone", "letters"]
        kinds += ["form", "shortened"] if is_company else ["nickname", "initial", "transliterated"]
        kind = self.rng.choice(kinds)
        if kind == "moved":
            moved = self._settled(record, record.country)
            return kind, replace(moved, phone=record.phone)
        if kind == "other e-mail":
            return kind, replace(record, email=self._other_mail(record, is_company=is_company))
        if kind == "other phone":
            return kind, replace(record, phone=self._phone(record.country))
        return kind, replace(record, name=self._renamed(record.name, kind))

    def _renamed(self, name: str, kind: str) -> str:
        parts = name.split()
        if kind == "typo":
            return self._mistyped(name)
        if kind == "swapped":
            return f"{parts[-1]}, {' '.join(parts[:-1])}" if len(parts) > 1 else name
        if kind == "nickname":
            return " ".join([pools.SHORT.get(parts[0], parts[0]), *parts[1:]])
        if kind == "initial":
            return " ".join([f"{parts[0][0]}.", *parts[1:]])
        if kind == "transliterated":
            return dict(pools.OTHER_SCRIPTS).get(name) or _written_out(name)
        if kind == "form":
            return self._other_form(name)
        if kind == "shortened":
            return " ".join(pools.LONG.get(part, part) for part in parts)
        return _plain_letters(name)

    def _mistyped(self, text: str) -> str:
        places = [i for i in range(1, len(text)) if text[i].isalpha() and text[i - 1].isalpha()]
        if not places:
            return text
        at = self.rng.choice(places)
        kind = self.rng.choice(("drop", "double", "swap", "other"))
        if kind == "drop":
            return text[:at] + text[at + 1 :]
        if kind == "double":
            return text[:at] + text[at] + text[at:]
        if kind == "swap":
            return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]
        return text[:at] + self.rng.choice(string.ascii_lowercase) + text[at + 1 :]

    def _other_form(self, name: str) -> str:
        for forms in (forms for some in pools.FORMS.values() for forms in some):
            if name.endswith(f" {forms[0]}"):
                written = self.rng.choice((*forms[1:], "", ""))
                return (
                    f"{name.removesuffix(f' {forms[0]}')}{',' if written else ''} {written}".strip()
                )
        return name

    def _other_mail(self, record: Record, *, is_company: bool) -> str:
        if is_company and "@" in record.email:
            domain = record.email.partition("@")[2]
            return f"{_plain(self.rng.choice(pools.PEOPLE))}@{domain}"
        parts = [part for part in record.name.split() if len(part) > 2] or ["someone"]
        return self._private_mail(parts[0], parts[-1])

    def _handwritten(self, record: Record) -> Record:
        """Harmless habits: capitals, abbreviations, blanks, dots, tags, prefixes."""
        rng = self.rng
        changed = record
        if rng.random() < 0.3:
            changed = replace(changed, name=changed.name.upper())
        if rng.random() < 0.7:
            street, city = changed.street, changed.city
            for whole, short in pools.WRITTEN.items():
                street = street.replace(whole, short)
                city = city.replace(whole, short) if rng.random() < 0.5 else city
            changed = replace(changed, street=street, city=city)
        if rng.random() < 0.4 and changed.country == "US":
            changed = replace(changed, postcode=f"{changed.postcode}-{rng.randint(1000, 9999)}")
        if changed.email.endswith("@gmail.com"):
            local = changed.email.partition("@")[0]
            local = local.replace(".", "") if rng.random() < 0.3 else local
            changed = replace(changed, email=local + ("+pay" * (rng.random() < 0.2)) + "@gmail.com")
        if rng.random() < 0.3:
            changed = replace(changed, email=changed.email.upper())
        if rng.random() < 0.5:
            changed = replace(changed, phone=changed.phone.replace(" ", rng.choice(("-", ".", ""))))
        return changed

    def _thin(self, record: Record) -> Record:
        """A gateway knows what a form asked for: often no telephone, sometimes only a post code."""
        rng = self.rng
        left = dict.fromkeys(
            [f for f, s in (("email", 0.25), ("phone", 0.5)) if rng.random() < s], ""
        )
        much = rng.random()
        if much < 0.15:
            left |= dict.fromkeys(("street", "city", "region", "postcode", "country"), "")
        elif much < 0.35:
            left |= dict.fromkeys(("street", "city", "region"), "")
        return replace(record, **left)

    # --- another customer that looks like it -----------------------------------------------

    def false_pair(self, erp: Record) -> Pair:
        firm = _is_firm(erp)
        kinds = ["namesake", "neighbour", "same phone"]
        kinds += (
            ["branch", "branch", "accountant", "sister", "same trade", "one word more"]
            if firm
            else ["spouse", "sibling", "generation", "shared mailbox", "same surname in town"]
        )
        kind = self.rng.choice(kinds)
        if kind == "sister" and not _has_form(erp.name) and self.rng.random() < 0.9:
            kind = "branch"  # nobody could tell it from its sister
        record = self._handwritten(self._lookalike(erp, kind))
        return Pair(self._thin(record), erp, False, kind)

    def _lookalike(self, erp: Record, kind: str) -> Record:
        """One that is not the customer, and why one might think so."""
        other = self._named(erp)
        if kind in ("namesake", "neighbour", "same phone", "branch"):
            return self._anybody(erp, other, kind)
        return self._firm(erp, other, kind) if _is_firm(erp) else self._relative(erp, other, kind)

    def _anybody(self, erp: Record, other: Record, kind: str) -> Record:
        if kind == "namesake":  # the same name in another town
            mail = self._other_mail(erp, is_company=False) if erp.email else ""
            return replace(self._elsewhere(erp), ref=other.ref, email=mail, tax="")
        if kind == "branch":  # the same name in another town, and often the same mailbox
            is_same = self.rng.random() < 0.6
            mail = erp.email if is_same else self._other_mail(erp, is_company=True)
            return replace(self._elsewhere(erp), ref=other.ref, email=mail, tax="")
        stranger = self._company("") if self.rng.random() < 0.5 else self._person("")
        if kind == "neighbour":  # in the same house
            return replace(other, name=stranger.name, email=stranger.email, phone=stranger.phone)
        # A switchboard, or a number that was given to somebody else.
        return replace(stranger, ref=other.ref, tax="", phone=erp.phone)

    def _firm(self, erp: Record, other: Record, kind: str) -> Record:
        words = erp.name.split()
        if kind == "accountant":  # who has the bills of many sent to one mailbox
            mail = erp.email or self.rng.choice(pools.ACCOUNTANTS)
            return replace(self._company(""), ref=other.ref, tax="", email=mail)
        if kind == "sister":  # another company of the same owner, in the same house
            forms = [
                f for some in pools.FORMS.values() for f in some if not erp.name.endswith(f[0])
            ]
            base = self._other_form(erp.name).split(",")[0]
            return replace(other, name=f"{base} {self.rng.choice(forms)[0]}", email=erp.email)
        if kind == "same trade":
            name = " ".join([self.rng.choice(pools.FIRST_WORDS), *words[1:]])
            return replace(self._settled(other), name=name)
        name = " ".join([words[0], self.rng.choice(pools.TRADES), *words[1:]])  # one word more
        return replace(other, name=name, email=self._other_mail(erp, is_company=True))

    def _relative(self, erp: Record, other: Record, kind: str) -> Record:
        first, last = self.rng.choice(pools.PEOPLE), erp.name.removesuffix(" Jr").split()[-1]
        if kind == "generation":
            return replace(other, name=f"{erp.name.removesuffix(' Jr')} Sr", email="")
        if kind == "same surname in town":
            town = {"city": erp.city, "postcode": erp.postcode}
            return replace(self._settled(other), name=f"{first} {last}", **town)
        name = f"{self._not(erp.name.split()[0])} {last}"
        if kind == "sibling":  # of the same house, with a mailbox and telephone of their own
            return replace(other, name=name, email=self._private_mail(first, last), phone="")
        return replace(other, name=name)  # spouse, shared mailbox: all but the first name is one

    def _not(self, first: str) -> str:
        known = {first, pools.SHORT.get(first, first)}
        return self.rng.choice([each for each in pools.PEOPLE if each not in known])

    def _elsewhere(self, record: Record) -> Record:
        for _ in range(50):
            other = self._settled(record, record.country)
            if other.city != record.city:
                return other
        raise AssertionError("Every country has more than one town.")

    def strangers(self, erp: list[Record]) -> Pair:
        made = self._company("") if self.rng.random() < 0.5 else self._person("")
        record = self._thin(self._handwritten(self._named(made)))
        other = self.rng.choice(erp)
        if self.rng.random() < 0.15:  # somebody typed the number of another customer
            return Pair(replace(record, kin=other.ref), other, False, "wrong number")
        return Pair(record, other, False, "stranger")


def _is_firm(record: Record) -> bool:
    return any(trade in record.name for trade in pools.TRADES)


def _mailbox(mail: str) -> str:
    local, _, domain = mail.partition("@")
    return f"{local.replace('.', '')}@{domain}"


def _has_form(name: str) -> bool:
    forms = [written for some in pools.FORMS.values() for form in some for written in form]
    return any(name.endswith(f" {form}") for form in forms if form)


def _plain(text: str) -> str:
    """Latin letters only, as an address on the internet is written."""
    bare = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ł", "l"))
    return "".join(c for c in bare.lower() if c in string.ascii_lowercase) or "x"


def _plain_letters(text: str) -> str:
    """Accents left out, as on a card."""
    bare = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ø", "o"))
    return "".join(c for c in bare if not unicodedata.combining(c))


def _written_out(text: str) -> str:
    for letter, letters in (("ü", "ue"), ("ö", "oe"), ("ä", "ae"), ("ß", "ss"), ("å", "aa")):
        text = text.replace(letter, letters)
    return text
