"""Files of rules: kept until somebody has looked at what they change, then applied to a draft.

Nothing is applied while a row is refused, unless the person says that the others shall be; then
nothing is removed either, because a row that could not be read may be one that is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from audit.acting import Someone
from audit.roles import Duty, require
from audit.services import user_actor
from integrations.clock import business_now
from integrations.models import Pair
from mapping.choices import VersionState
from mapping.comparing import RowChange, Word, compare_rows
from mapping.kinds import KINDS, Kind
from mapping.models import RuleImport, RuleSetVersion
from mapping.rule_yaml import RuleFile
from mapping.services import approval, editing
from mapping.services.editing import InvalidRow, values_of
from mapping.services.rulesets import RuleSetError, version_in_force
from mapping.sheet_files import FileRow, formulas_in


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row of the file that the table does not take, and why, in a sentence."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Check:
    """What a file would do to the rows of a kind. `taken` are its rows that can be."""

    kind: Kind
    changes: Sequence[RowChange]
    refusals: Sequence[Refusal]
    taken: Sequence[dict[str, str]]
    before: Sequence[dict[str, str]]

    def of(self, *words: Word) -> list[RowChange]:
        return [change for change in self.changes if change.word in words]

    @property
    def is_same(self) -> bool:
        return not self.refusals and all(change.word == Word.SAME for change in self.changes)

    @property
    def kept(self) -> list[dict[str, str]]:
        """The rows with the refused ones left out: what the file does not name stays in place."""
        found = list(self.taken)
        for change in self.of(Word.REMOVED):
            found.insert(min(change.was - 1, len(found)), dict(change.before or {}))
        return found


def propose_rows(
    user: Someone, draft: RuleSetVersion, kind: Kind, name: str, rows: Sequence[FileRow]
) -> RuleImport:
    """Keep the rows of a spreadsheet for a draft; an earlier file of this person makes way."""
    require(user, Duty.EDIT_RULES, ("rules", str(draft.pk)))
    content = {"rules": {kind.slug: [[row.line, row.values] for row in rows]}}
    with transaction.atomic():
        RuleImport.objects.filter(version=draft, kind=kind.slug, made_by=user_actor(user)).delete()
        return RuleImport.objects.create(
            pair=draft.pair,
            version=draft,
            kind=kind.slug,
            name=name[:120],
            content=content,
            made_by=user_actor(user),
        )


def propose_set(user: Someone, pair: Pair, file: RuleFile, name: str, note: str) -> RuleImport:
    """Keep a whole rule set for a new draft of a pair."""
    require(user, Duty.EDIT_RULES, pair)
    content = {
        "deposit_pattern": file.deposit_pattern,
        "rules": {slug: list(enumerate(rows, start=1)) for slug, rows in file.rules.items()},
    }
    with transaction.atomic():
        RuleImport.objects.filter(pair=pair, version=None, made_by=user_actor(user)).delete()
        return RuleImport.objects.create(
            pair=pair,
            name=name[:120],
            note=note.strip()[:200],
            content=content,
            made_by=user_actor(user),
        )


def base_of(waiting: RuleImport) -> RuleSetVersion | None:
    """What the file is compared with: its draft, or the rules in force, or the pair's newest."""
    if waiting.version is not None:
        return waiting.version
    return base_for(waiting.pair)


def checks_of(waiting: RuleImport) -> list[Check]:
    """What the file would change, kind by kind; a whole set says something of every kind."""
    base = base_of(waiting)
    rules = waiting.content["rules"]
    kinds = [KINDS[waiting.kind]] if waiting.kind else KINDS.values()
    return [check_rows(kind, base, _file_rows(rules.get(kind.slug, ()))) for kind in kinds]


def check_set(pair: Pair, file: RuleFile) -> list[Check]:
    """As `checks_of`, of a file that is not kept."""
    base = base_for(pair)
    return [
        check_rows(kind, base, _file_rows(enumerate(file.rules.get(slug, ()), start=1)))
        for slug, kind in KINDS.items()
    ]


def pattern_change(base: RuleSetVersion | None, pattern: str) -> tuple[str, str] | None:
    """The text by which deposits are known, before and after a whole set; None where it stays.

    A set that names none gets the one that every draft begins with.
    """
    after = pattern.strip() or str(RuleSetVersion._meta.get_field("deposit_pattern").default)
    before = base.deposit_pattern if base else ""
    return None if before == after else (before, after)


def pattern_changed_by(waiting: RuleImport) -> tuple[str, str] | None:
    """As `pattern_change`, of a file that waits; a spreadsheet of one kind never changes it."""
    if waiting.kind:
        return None
    return pattern_change(base_of(waiting), str(waiting.content.get("deposit_pattern", "")))


def base_for(pair: Pair) -> RuleSetVersion | None:
    """What a whole set is compared with: the rules in force, else the pair's newest."""
    standing = version_in_force(pair, business_now().date())
    return standing or RuleSetVersion.objects.filter(pair=pair).first()


def check_rows(kind: Kind, base: RuleSetVersion | None, rows: Iterable[FileRow]) -> Check:
    before = [values_of(kind, row) for row in kind.objects(base)] if base else []
    taken, refusals = [], []
    for row in rows:
        try:
            taken.append(_taken(kind, row))
        except RuleSetError as error:
            refusals.append(Refusal(row.line, str(error)))
    changes = compare_rows(kind.model.row_class, before, taken)
    return Check(kind, changes, refusals, taken, before)


def seen_mark(checks: Iterable[Check]) -> str:
    """Another one as soon as what the file is compared with has changed."""
    return editing.digest([[check.kind.slug, check.before] for check in checks])


def apply(
    user: Someone, waiting: RuleImport, seen: str, skip_refused: bool = False
) -> RuleSetVersion:
    """Apply a file to its draft, or make the draft; answers with it. Raises RuleSetError."""
    require(user, Duty.EDIT_RULES, waiting.pair)
    with transaction.atomic():
        # Of two who apply at once the second finds nothing, and of a draft nobody edits meanwhile.
        found = RuleImport.objects.select_for_update().filter(pk=waiting.pk).first()
        if found is None:
            raise RuleSetError("The file was applied or dropped meanwhile.")
        if found.version is not None:
            RuleSetVersion.objects.select_for_update().get(pk=found.version.pk)
        checks = checks_of(found)
        if seen_mark(checks) != seen:
            raise RuleSetError("Somebody has changed the rules meanwhile. Look at this again.")
        refused = sum(len(check.refusals) for check in checks)
        if refused and not skip_refused:
            told = "1 row is" if refused == 1 else f"{refused} rows are"
            raise RuleSetError(f"{told} refused, so nothing was applied.")
        draft = _target(user, found)
        for check in checks:
            rows = check.kept if check.refusals else check.taken
            editing.replace_rows(user, draft, check.kind, rows, found.name)
        found.delete()
    return draft


def make_draft(user: Someone, pair: Pair, file: RuleFile, note: str) -> RuleSetVersion:
    """A draft of a file at once, all or nothing. Raises RuleSetError, InvalidRow."""
    with transaction.atomic():
        draft = _new_draft(user, pair, file.deposit_pattern, note)
        for slug, rows in file.rules.items():
            editing.replace_rows(user, draft, KINDS[slug], rows, file.name)
    return draft


def drop(user: Someone, waiting: RuleImport) -> None:
    require(user, Duty.EDIT_RULES, waiting.pair)
    waiting.delete()


def _target(user: Someone, waiting: RuleImport) -> RuleSetVersion:
    if waiting.version is not None:
        return waiting.version
    pattern = str(waiting.content.get("deposit_pattern", ""))
    return _new_draft(user, waiting.pair, pattern, waiting.note or f"From {waiting.name}.")


def _new_draft(user: Someone, pair: Pair, pattern: str, note: str) -> RuleSetVersion:
    draft = approval.begin(user, pair, None, note)
    active = RuleSetVersion.objects.filter(pair=pair, state=VersionState.ACTIVE)
    draft.based_on = active.order_by("-active_from").first()
    draft.save(update_fields=["based_on", "edited_at"])
    if pattern:
        editing.describe(user, draft, draft.note, pattern, editing.about_mark(draft))
        draft.refresh_from_db()
    return draft


def _taken(kind: Kind, row: FileRow) -> dict[str, str]:
    """The values of a row as the table has them. Raises RuleSetError in words."""
    formulas = formulas_in(row)
    if formulas:
        label = kind.field(formulas[0]).verbose_name
        raise RuleSetError(f"{label} holds a formula; put the value there.")
    try:
        return values_of(kind, editing.checked(kind, RuleSetVersion(), row.values, is_one=False))
    except InvalidRow as error:
        told = [
            f"{kind.field(name).verbose_name}: {' '.join(texts)}" if name else " ".join(texts)
            for name, texts in error.problems.items()
        ]
        raise RuleSetError(" ".join(told)) from error


def _file_rows(rows: Iterable[tuple[int, Mapping[str, str]]]) -> list[FileRow]:
    return [FileRow(line, dict(values)) for line, values in rows]
