"""Typed settings of a connection: declared once, read strictly, and described for a form.

A connector's `config.py` is a frozen dataclass whose fields are made with `option()`. The form is
generated from `describe()`, the connector gets what `read_options()` returns.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeVar, get_type_hints

from integrations.errors import ConfigError

T = TypeVar("T")
_KEY: Final = "option"
YES: Final = frozenset({"1", "true", "yes", "on"})
NO: Final = frozenset({"0", "false", "no", "off", ""})


@dataclass(frozen=True, slots=True)
class OptionInfo:
    """What a form needs to know of one setting. `kind`: text, integer, yes_no, date or list.

    `example` is a value of the right form, by which the others are checked while it is not known.
    """

    name: str
    label: str
    hint: str
    kind: str
    secret: bool
    required: bool
    choices: tuple[str, ...]
    advanced: bool
    default: Any
    example: str = ""


def option(
    label: str,
    *,
    default: Any = dataclasses.MISSING,
    hint: str = "",
    secret: bool = False,
    choices: Sequence[str] = (),
    advanced: bool = False,
    example: str = "",
) -> Any:
    """A dataclass field with the words for it; without a default it is required.

    A secret never shows in the `repr` of its settings.
    """
    words = {
        "label": label,
        "hint": hint,
        "secret": secret,
        "choices": tuple(choices),
        "advanced": advanced,
        "example": example,
    }
    return dataclasses.field(default=default, repr=not secret, metadata={_KEY: words})


def describe(settings_class: type[Any]) -> tuple[OptionInfo, ...]:
    """The settings of a class in their declared order."""
    hints = get_type_hints(settings_class)
    return tuple(
        OptionInfo(
            name=field.name,
            kind=_kind_of(hints[field.name]),
            required=field.default is dataclasses.MISSING,
            default=None if field.default is dataclasses.MISSING else field.default,
            **field.metadata[_KEY],
        )
        for field in dataclasses.fields(settings_class)
    )


def read_options(
    settings_class: type[T], settings: Mapping[str, Any], secrets: Mapping[str, str]
) -> T:
    """Build the settings object; ConfigError names the first setting that is missing or wrong.

    Secrets are taken from `secrets` only, and a secret's value is never quoted. A connection may
    hold secrets of others too, such as the one its webhooks are signed with: they are left alone.
    """
    infos = describe(settings_class)
    known = {info.name for info in infos}
    for name in settings:
        if name not in known:
            raise ConfigError(f"There is no setting named {name!r}.", setting=name)
    values: dict[str, Any] = {}
    for info in infos:
        source = secrets if info.secret else settings
        given = source.get(info.name)
        if given is None or given == "":
            if info.required:
                raise ConfigError(f"The setting “{info.label}” is missing.", setting=info.name)
            continue
        values[info.name] = _read(info, given)
    return settings_class(**values)


def _kind_of(hint: object) -> str:
    plain = {str: "text", int: "integer", bool: "yes_no"}
    if isinstance(hint, type) and hint in plain:
        return plain[hint]
    return "date" if hint == (date | None) else "list"


def _read(info: OptionInfo, given: object) -> Any:
    try:
        value = _READERS[info.kind](given)
    except ValueError as error:
        quoted = "" if info.secret else f": {str(given)[:60]!r}"
        text = f"The setting “{info.label}” is not {error}{quoted}."
        raise ConfigError(text, setting=info.name) from None
    if info.choices and value not in info.choices:
        allowed = ", ".join(info.choices)
        raise ConfigError(
            f"The setting “{info.label}” has to be one of: {allowed}.", setting=info.name
        )
    return value


def _text(given: object) -> str:
    if not isinstance(given, str):
        raise ValueError("a text")
    return given.strip()


def _integer(given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise ValueError("a whole number")
    try:
        return int(given)
    except ValueError:
        raise ValueError("a whole number") from None


def _yes_no(given: object) -> bool:
    text = str(given).strip().lower()
    if text in YES or text in NO:
        return text in YES
    raise ValueError("yes or no")


def _date(given: object) -> date:
    if type(given) is date:
        return given
    try:
        return date.fromisoformat(str(given).strip())
    except ValueError:
        raise ValueError("a date like 2011-01-31") from None


def _list(given: object) -> tuple[str, ...]:
    if isinstance(given, str):
        given = given.split(",")
    if not isinstance(given, Sequence) or not all(isinstance(item, str) for item in given):
        raise ValueError("a list of texts")
    return tuple(item.strip() for item in given if item.strip())


_READERS: Final[Mapping[str, Callable[[object], Any]]] = {
    "text": _text,
    "integer": _integer,
    "yes_no": _yes_no,
    "date": _date,
    "list": _list,
}
