"""`manage.py rules` does with files what the pages do."""

import pytest
from django.core.management import CommandError, call_command

from audit.roles import Role
from mapping.kinds import KINDS
from tests import builders
from tests.clock import business_day  # noqa: F401
from tests.mapping.drafts import FACTORY
from tests.world import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]


@pytest.fixture
def pair():
    version = builders.RuleSetVersionFactory(pair__slug="shops")
    for factory in FACTORY.values():
        factory(version=version, position=1)
    return version.pair


def run(capsys, *words):
    call_command("rules", *words)
    return capsys.readouterr().out


def test_what_is_exported_is_imported_as_a_draft_of_another_pair(pair, capsys, tmp_path):
    person("mara", Role.MAPPER)
    other, file = builders.PairFactory(slug="other"), tmp_path / "rules.yaml"
    call_command("rules", "export", "shops", "--output", str(file))
    assert "Nothing would change." in run(capsys, "diff", "shops", str(file))
    assert "added" in run(capsys, "diff", "other", str(file))
    told = run(capsys, "import", "other", str(file), "--as", "mara", "--note", "As there.")
    assert told == "Version 1 of PayTrace to Sage 500 is a draft.\n"
    for kind in KINDS.values():
        assert kind.read(other.rule_sets.get()) == kind.read(pair.rule_sets.get())


def test_a_difference_is_told_in_sentences(pair, capsys):
    told = run(capsys, "diff", "shops", "paytrace-sage500")
    assert "  + If the card is Amex → payment method in the ERP AMEX" in told
    assert "taxes 1: removed" in told


def test_another_text_of_deposits_is_a_difference(pair, capsys, tmp_path):
    file = tmp_path / "rules.yaml"
    call_command("rules", "export", "shops", "--output", str(file))
    file.write_text(file.read_text().replace("MERCHANT DEPOSIT", "CARDS LTD"))
    told = run(capsys, "diff", "shops", str(file))
    assert told == "text of deposits: changed\n  - MERCHANT DEPOSIT\n  + CARDS LTD\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("export", "nowhere"), "There is no pair 'nowhere'"),
        (("export", "shops", "--number", "9"), "has no such version"),
        (("diff", "shops", "/nothing/there"), "cannot be read"),
        (("import", "shops", "paytrace-sage500", "--as", "x", "--note", "y"), "no user 'x'"),
        (("import", "shops", "paytrace-sage500", "--as", "otto", "--note", "y"), "edit rules"),
    ],
)
def test_what_cannot_be_done_is_said(pair, words, sentence):
    person("otto", Role.APPROVER)
    with pytest.raises(CommandError, match=sentence):
        call_command("rules", *words)
