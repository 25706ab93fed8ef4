"""A row of any kind as a sentence: `If the card is Amex and the currency is USD → GL account 1055`.

Made of the labels of the columns, or of the phrases that a kind has for them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from mapping.kinds import Kind
from mapping.models.rules import Rule
from mapping.rules.rows import Row

ALWAYS = "In every case"
OTHERWISE = "In every other case"
#: Conditions whose values are codes of our own.
CODED = frozenset({"kind", "status"})


def when(kind: Kind, row: Rule | Row, is_first: bool = True, without: Container[str] = ()) -> str:
    """`without`: conditions that go without saying."""
    names = [name for name in kind.conditions if name not in without]
    asked = _said(kind, row, names, "the {label} is {value}")
    if not asked:
        return ALWAYS if is_first else OTHERWISE
    return f"If {' and '.join(asked)}"


def then(kind: Kind, row: Rule | Row) -> str:
    return ", ".join(_said(kind, row, kind.outcomes, "{label} {value}"))


def sentence(kind: Kind, row: Rule | Row, is_first: bool = True) -> str:
    return f"{when(kind, row, is_first)} → {then(kind, row)}"


def label_of(kind: Kind, name: str) -> str:
    """A column's label within a sentence: small, unless it begins with an abbreviation."""
    label = str(kind.field(name).verbose_name)
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _said(kind: Kind, row: Rule | Row, names: Iterable[str], otherwise: str) -> list[str]:
    said = []
    for name in names:
        if getattr(row, name) in ("", None):
            continue
        phrase = kind.model.phrases.get(name)
        value = kind.shown(row, name)
        if name in CODED:
            value = str(value).replace("_", " ")
        said.append(
            phrase.format(value)
            if phrase
            else otherwise.format(label=label_of(kind, name), value=value)
        )
    return said
