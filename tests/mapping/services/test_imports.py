"""Nothing of a file is applied before a look, nor with refused rows unless somebody says so."""

import pytest
from django.core.exceptions import PermissionDenied

from audit.roles import Role
from integrations.registry import PAIR_TEMPLATES
from mapping import rule_yaml
from mapping.choices import VersionState
from mapping.kinds import KINDS
from mapping.models import RuleImport, RuleSetVersion
from mapping.services import editing, imports
from mapping.services.rulesets import RuleSetError
from mapping.sheet_files import FileRow
from tests import builders
from tests.clock import business_day  # noqa: F401
from tests.mapping.drafts import draft
from tests.world import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]
METHODS = KINDS["methods"]


@pytest.fixture
def mapper():
    return person("mara", Role.MAPPER)


@pytest.fixture
def version():
    version = draft()
    for position, method in enumerate("AB", start=1):
        builders.MethodRuleFactory(version=version, position=position, method=method)
    return version


def propose(mapper, version, *rows):
    given = [
        FileRow(line, {"method": method, "erp_method": erp, "classification": ""})
        for line, (method, erp) in enumerate(rows, start=2)
    ]
    return imports.propose_rows(mapper, version, METHODS, "rows.csv", given)


def mark(waiting):
    return imports.seen_mark(imports.checks_of(waiting))


def brands(version):
    return [row.method for row in METHODS.objects(version)]


def test_a_file_is_applied_once_it_was_looked_at(mapper, version):
    waiting = propose(mapper, version, ("C", "X"), ("A", "X"))
    assert brands(version) == ["A", "B"]
    imports.apply(mapper, waiting, mark(waiting))
    assert brands(version) == ["C", "A"]
    with pytest.raises(RuleSetError, match="applied or dropped meanwhile"):
        imports.apply(mapper, waiting, mark(waiting))


def test_with_a_refused_row_nothing_is_applied(mapper, version):
    waiting = propose(mapper, version, ("C", "X"), ("D", ""))
    with pytest.raises(RuleSetError, match="1 row is refused, so nothing was applied"):
        imports.apply(mapper, waiting, mark(waiting))
    assert brands(version) == ["A", "B"]


def test_whoever_says_so_applies_the_others_and_then_nothing_is_removed(mapper, version):
    waiting = propose(mapper, version, ("C", "X"), ("B", ""), ("A", "Y"))
    imports.apply(mapper, waiting, mark(waiting), skip_refused=True)
    assert brands(version) == ["C", "B", "A"]


def test_what_changed_since_the_look_is_looked_at_again(mapper, version):
    waiting = propose(mapper, version, ("C", "X"))
    seen = mark(waiting)
    editing.add(mapper, version, METHODS, {"method": "D", "erp_method": "X"})
    with pytest.raises(RuleSetError, match="changed the rules meanwhile"):
        imports.apply(mapper, waiting, seen)
    assert brands(version) == ["A", "B", "D"]


def test_a_template_becomes_a_draft_of_another_pair(mapper):
    pair = builders.PairFactory()
    standing = builders.RuleSetVersionFactory(pair=pair)
    file = rule_yaml.load(PAIR_TEMPLATES["paytrace-sage500"].text())
    waiting = imports.propose_set(mapper, pair, file, "a template", "To begin with.")
    draft = imports.apply(mapper, waiting, mark(waiting))
    assert (draft.pair, draft.state, draft.based_on) == (pair, VersionState.DRAFT, standing)
    assert len(KINDS["accounts"].objects(draft)) == 8
    assert draft.note == "To begin with."


def test_a_file_with_a_wrong_row_makes_no_draft(mapper):
    pair = builders.PairFactory()
    text = "format: '1'\nrules:\n  methods:\n  - {method: Visa}\n"
    with pytest.raises(RuleSetError):
        imports.make_draft(mapper, pair, rule_yaml.load(text), "Try.")
    assert not RuleSetVersion.objects.filter(pair=pair).exists()


def test_a_new_file_takes_the_place_of_the_one_before(mapper, version):
    propose(mapper, version, ("C", "X"))
    last = propose(mapper, version, ("D", "X"))
    assert list(RuleImport.objects.all()) == [last]
    imports.drop(mapper, last)
    assert not RuleImport.objects.exists()


def test_files_are_for_mappers(version):
    other = person("otto", Role.APPROVER)
    with pytest.raises(PermissionDenied):
        propose(other, version, ("C", "X"))
    with pytest.raises(PermissionDenied):
        imports.apply(other, builders.RuleImportFactory(), "")
