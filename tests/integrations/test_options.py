"""Settings: declared once, read strictly, described for a form."""

from dataclasses import dataclass
from datetime import date

import pytest

from integrations.errors import ConfigError
from integrations.options import describe, option, read_options


@dataclass(frozen=True)
class Example:
    name: str = option("Name")
    password: str = option("Password", secret=True, hint="Only once.")
    days: int = option("Days", default=3)
    loud: bool = option("Loud", default=False)
    since: date | None = option("Since", default=None)  # noqa: RUF009
    tags: tuple[str, ...] = option("Tags", default=())
    mode: str = option("Mode", default="a", choices=("a", "b"), advanced=True)


def read(secret="hush-hush", **settings):
    return read_options(Example, {"name": "x"} | settings, {"password": secret})


def test_settings_are_read_from_text_as_a_form_sends_it():
    found = read(days="7", loud="yes", since="2010-12-01", tags="a, b,", mode="b")
    assert (found.days, found.loud, found.since) == (7, True, date(2010, 12, 1))
    assert (found.tags, found.mode) == (("a", "b"), "b")


def test_settings_are_read_from_json_values_too():
    assert read(days=7, loud=True, tags=["a"]).tags == ("a",)


@pytest.mark.parametrize(
    ("settings", "setting", "words"),
    [
        ({"name": ""}, "name", "“Name” is missing"),
        ({"days": "many"}, "days", "“Days” is not a whole number: 'many'"),
        ({"days": True}, "days", "whole number"),
        ({"loud": "maybe"}, "loud", "yes or no"),
        ({"since": "1.12.2010"}, "since", "a date like 2011-01-31"),
        ({"tags": [1]}, "tags", "a list of texts"),
        ({"mode": "c"}, "mode", "one of: a, b"),
        ({"colour": "red"}, "colour", "no setting named 'colour'"),
        ({"password": "plain"}, "password", "“Password”"),
    ],
)
def test_a_wrong_setting_is_named_in_words(settings, setting, words):
    with pytest.raises(ConfigError, match=words) as raised:
        read("" if "password" in settings else "hush-hush", **settings)
    assert raised.value.setting == setting


def test_a_secret_shows_neither_in_repr_nor_in_an_error():
    assert "hush-hush" not in repr(read())
    with pytest.raises(ConfigError) as raised:
        read_options(Example, {"name": "x"}, {"password": 5})
    assert "5" not in str(raised.value)


def test_secrets_of_others_are_left_alone():
    secrets = {"password": "hush-hush", "webhook_secret": "whsec_"}
    assert read_options(Example, {"name": "x"}, secrets) == read()


def test_a_form_learns_label_kind_and_choices():
    infos = {info.name: info for info in describe(Example)}
    kinds = [info.kind for info in infos.values()]
    assert kinds == ["text", "text", "integer", "yes_no", "date", "list", "text"]
    assert (infos["password"].secret, infos["password"].hint) == (True, "Only once.")
    assert (infos["name"].required, infos["days"].required) == (True, False)
    assert (infos["mode"].choices, infos["mode"].advanced) == (("a", "b"), True)
