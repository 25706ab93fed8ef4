"""Rows of a draft are added, changed, removed and moved; in order, told, and never over others."""

import pytest
from django.core.exceptions import PermissionDenied

from audit.models import Entry
from audit.roles import Role
from mapping.kinds import KINDS
from mapping.services import editing, versions
from mapping.services.editing import InvalidRow, mark_of, order_mark, values_of
from mapping.services.rulesets import RuleSetError
from tests.mapping.drafts import draft, full_draft, positions
from tests.world import person

pytestmark = pytest.mark.django_db
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
METHODS = KINDS["methods"]


@pytest.fixture
def mapper():
    return person("mara", Role.MAPPER)


def brands(version):
    return [row.method for row in METHODS.objects(version)]


def filled(mapper, *names):
    version = draft()
    for name in names:
        editing.add(mapper, version, METHODS, {"method": name, "erp_method": "CC"})
    return version


@every_kind
def test_a_row_of_any_kind_is_added_changed_moved_and_removed(mapper, kind):
    version = full_draft(rows=2)
    rows = kind.objects(version)
    values = values_of(kind, rows[0])
    new = editing.add(mapper, version, kind, values, at=1)
    assert positions(kind, version) == [1, 2, 3]
    assert kind.objects(version)[0].pk == new.pk
    assert values_of(kind, kind.objects(version)[0]) == values
    editing.move(mapper, version, kind, new.pk, "last", order_mark(kind.objects(version)))
    assert [row.pk for row in kind.objects(version)] == [rows[0].pk, rows[1].pk, new.pk]
    editing.remove(mapper, version, kind, rows[0].pk, mark_of(kind, kind.objects(version)[0]))
    assert positions(kind, version) == [1, 2]
    told = set(Entry.objects.values_list("action", flat=True))
    assert {"rules.row_added", "rules.row_moved", "rules.row_removed"} <= told


def test_a_change_tells_what_was_before_and_what_is_after(mapper):
    version = filled(mapper, "Visa")
    (row,) = METHODS.objects(version)
    wanted = {"method": "Visa", "erp_method": " VISA "}
    editing.change(mapper, version, METHODS, row.pk, wanted, mark_of(METHODS, row))
    entry = Entry.objects.get(action="rules.row_changed")
    assert (entry.actor, entry.subject_id) == ("user:mara", str(version.pk))
    assert entry.details["before"]["erp_method"] == "CC"
    assert entry.details["after"]["erp_method"] == "VISA"


@pytest.mark.parametrize(
    ("step", "wanted"),
    [("first", "CABD"), ("up", "ACBD"), ("down", "ABDC"), ("last", "ABDC")],
)
def test_a_row_goes_where_it_is_sent(mapper, step, wanted):
    version = filled(mapper, *"ABCD")
    rows = METHODS.objects(version)
    editing.move(mapper, version, METHODS, rows[2].pk, step, order_mark(rows))
    assert "".join(brands(version)) == wanted
    assert positions(METHODS, version) == [1, 2, 3, 4]


def test_a_row_at_the_end_stays_there_without_an_entry(mapper):
    version = filled(mapper, "A", "B")
    rows = METHODS.objects(version)
    editing.move(mapper, version, METHODS, rows[1].pk, "down", order_mark(rows))
    assert brands(version) == ["A", "B"]
    assert not Entry.objects.filter(action="rules.row_moved").exists()


def test_what_somebody_changed_meanwhile_is_not_written_over(mapper):
    version = filled(mapper, "Visa")
    (row,) = METHODS.objects(version)
    seen, wanted = mark_of(METHODS, row), {"method": "Visa", "erp_method": "VISA"}
    editing.change(mapper, version, METHODS, row.pk, wanted, seen)
    with pytest.raises(RuleSetError, match="has changed this row meanwhile"):
        editing.change(mapper, version, METHODS, row.pk, {**wanted, "erp_method": "X"}, seen)
    with pytest.raises(RuleSetError, match="has changed this row meanwhile"):
        editing.remove(mapper, version, METHODS, row.pk, seen)
    assert METHODS.objects(version)[0].erp_method == "VISA"


def test_an_order_that_is_no_longer_the_one_seen_is_kept(mapper):
    version = filled(mapper, "A", "B")
    rows = METHODS.objects(version)
    seen = order_mark(rows)
    editing.add(mapper, version, METHODS, {"erp_method": "C"}, at=1)
    with pytest.raises(RuleSetError, match="order of Payment methods meanwhile"):
        editing.move(mapper, version, METHODS, rows[1].pk, "first", seen)
    with pytest.raises(RuleSetError, match="removed this row"):
        editing.remove(mapper, version, METHODS, 999_999, "")


@pytest.mark.parametrize(
    ("slug", "values", "column"),
    [
        ("methods", {"method": "Visa", "erp_method": "X" * 16}, "erp_method"),
        ("methods", {"method": "Visa", "erp_method": ""}, "erp_method"),
        ("accounts", {"role": "nobody", "account": "1000"}, "role"),
        ("fees", {"percent": "two", "fixed": "0"}, "percent"),
        ("fees", {"percent": "2.9", "fixed": "-1"}, "fixed"),
        ("currencies", {"currency": "EUR", "base": "US"}, "base"),
        ("currencies", {"currency": "EUR", "base": "USD", "rate_table": ""}, "rate_table"),
    ],
)
def test_values_that_the_target_cannot_take_are_refused_by_column(mapper, slug, values, column):
    version, kind = draft(), KINDS[slug]
    with pytest.raises(InvalidRow) as refused:
        editing.add(mapper, version, kind, values)
    assert list(refused.value.problems) == [column]
    assert kind.objects(version) == []


def test_rows_are_replaced_all_or_none(mapper):
    version = filled(mapper, "A", "B")
    good, bad = {"method": "C", "erp_method": "CC"}, {"method": "D", "erp_method": "X" * 16}
    with pytest.raises(InvalidRow):
        editing.replace_rows(mapper, version, METHODS, [good, bad], "a file")
    assert brands(version) == ["A", "B"]
    editing.replace_rows(mapper, version, METHODS, [good], "a file")
    assert brands(version) == ["C"]
    details = Entry.objects.get(action="rules.rows_replaced").details
    assert [len(details["before"]), len(details["after"])] == [2, 1]


def test_what_a_draft_is_for_can_be_said_anew(mapper):
    version = draft()
    seen = editing.about_mark(version)
    editing.describe(mapper, version, "New fees.", "CARD DEPOSIT", seen)
    version.refresh_from_db()
    assert (version.note, version.deposit_pattern) == ("New fees.", "CARD DEPOSIT")
    with pytest.raises(RuleSetError, match="meanwhile"):
        editing.describe(mapper, version, "Other.", "OTHER", seen)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.MAPPER])
def test_nobody_but_mappers_changes_rows(role):
    version = draft()
    with pytest.raises(PermissionDenied):
        editing.add(person("other", role), version, METHODS, {"erp_method": "CC"})
    assert Entry.objects.filter(action="access.denied").count() == 1


def test_only_drafts_change_and_whoever_changed_them_is_kept(mapper):
    version = filled(mapper, "Visa")
    version.refresh_from_db()
    assert "user:mara" in version.makers
    versions.hand_in(version, "user:otto")
    with pytest.raises(RuleSetError, match="is reviewed; only drafts change"):
        editing.add(mapper, version, METHODS, {"erp_method": "CC"})


def test_what_looks_like_a_card_number_stands_in_no_row(mapper):
    version = draft()
    typed = {"role": "clearing", "account": "4111 1111 1111 1111"}
    with pytest.raises(InvalidRow, match="looks like a card number") as refused:
        editing.add(mapper, version, KINDS["accounts"], typed)
    assert set(refused.value.problems) == {"account"}
    assert not KINDS["accounts"].has_rows(version)
