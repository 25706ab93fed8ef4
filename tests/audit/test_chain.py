"""Whatever is done to the audit log behind its back is found, from inside and offline."""

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit import chain, heads, services
from audit.export import export_audit
from audit.models import ChainLink, Checkpoint, Entry
from audit.verifier import Report, verify_export
from tests.audit.conftest import draft, tamper

ENTRY_CHANGES = {
    "id": "id + 1000",
    "version": "2",
    "recorded_at": "recorded_at + interval '1 microsecond'",
    "business_on": "business_on + 1",
    "actor": "'user:mallory'",
    "action": "'posting.held'",
    "subject_type": "''",
    "subject_id": "subject_id || '0'",
    "summary": "upper(summary)",
    "details": "jsonb_set(details, '{amount}', '\"12.51\"')",
}
LINK_CHANGES = {
    "position": "position + 1000",
    "entry_id": "entry_id + 1000",
    "hash": "repeat('a', 64)",
}
CHECKPOINT_CHANGES = {
    "position": "position - 1",
    "hash": "repeat('a', 64)",
    "sealed_at": "sealed_at + interval '1 second'",
    "entries": "entries + 1",
    "through_id": "through_id + 1",
    "seal": "repeat('b', 64)",
}


def found(tmp_path: Path, *, heads_changed: bool = False) -> list[str]:
    """The kinds of fault, which must be the same from inside and from an export."""
    inside = services.verify()
    # An export copies only what is a head at all: what is none has to be shown the file itself.
    given = heads.head_file() if heads_changed else None
    offline = verify_export(exported(tmp_path), given)
    assert not inside.ok
    assert kinds(inside) == kinds(offline)
    return kinds(inside)


def kinds(report: Report) -> list[str]:
    return sorted({fault.kind for fault in report.faults})


def exported(tmp_path: Path) -> Path:
    """An export of the log as it is now, written without adding an entry to it."""
    from audit import export

    folder = tmp_path / "export"
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    source = export.DatabaseSource()
    export._write(folder / "links.jsonl", export._links(source))
    export._write(folder / "entries.jsonl", export._entries(source))
    export._write(folder / "checkpoints.jsonl", source.checkpoints())
    export._write(folder / "heads.jsonl", source.heads())
    return folder


def test_every_field_has_its_mutation() -> None:
    for model, changes in (
        (Entry, ENTRY_CHANGES),
        (ChainLink, LINK_CHANGES),
        (Checkpoint, CHECKPOINT_CHANGES),
    ):
        assert {field.column for field in model._meta.concrete_fields} == set(changes)


@pytest.mark.parametrize("row", [0, 6, 11])
@pytest.mark.parametrize("column", ENTRY_CHANGES)
def test_a_changed_field_of_an_entry_is_found(
    sealed: list[int], tmp_path: Path, column: str, row: int
) -> None:
    tamper(f"UPDATE audit_entry SET {column} = {ENTRY_CHANGES[column]} WHERE id = %s", sealed[row])
    assert found(tmp_path) == ["removed" if column == "id" else "changed"]
    fault = services.verify().faults[0]
    assert (fault.position, fault.entry_id) == (row + 1, sealed[row])


@pytest.mark.parametrize("position", [1, 7, 12])
@pytest.mark.parametrize("column", LINK_CHANGES)
def test_a_changed_field_of_a_link_is_found(
    sealed: list[int], tmp_path: Path, column: str, position: int
) -> None:
    tamper(
        f"UPDATE audit_chainlink SET {column} = {LINK_CHANGES[column]} WHERE position = %s",
        position,
    )
    assert found(tmp_path)


@pytest.mark.parametrize("position", [5, 10, 12])
@pytest.mark.parametrize("column", CHECKPOINT_CHANGES)
def test_a_changed_field_of_a_checkpoint_is_found(
    sealed: list[int], tmp_path: Path, column: str, position: int
) -> None:
    tamper(
        f"UPDATE audit_checkpoint SET {column} = {CHECKPOINT_CHANGES[column]} WHERE position = %s",
        position,
    )
    assert "checkpoint" in found(tmp_path)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        (r'"position": 10', '"position": 9'),
        (r'"hash": "\w+"', '"hash": "' + "c" * 64 + '"'),
        (r'"at": "\d{4}', '"at": "2009'),
        (r'"at"', '"on"'),
    ],
)
def test_a_changed_head_is_found(
    sealed: list[int], tmp_path: Path, pattern: str, value: str
) -> None:
    path = heads.head_file()
    lines = path.read_text().splitlines()
    lines[1] = re.sub(pattern, value, lines[1])
    path.write_text("\n".join(lines) + "\n")
    assert found(tmp_path, heads_changed=True) == ["head"]


@pytest.mark.parametrize("row", [0, 6, 11])
def test_a_removed_entry_is_found(sealed: list[int], tmp_path: Path, row: int) -> None:
    tamper("DELETE FROM audit_entry WHERE id = %s", sealed[row])
    assert found(tmp_path) == ["removed"]
    tamper("DELETE FROM audit_chainlink WHERE entry_id = %s", sealed[row])
    assert {"removed", "cut"} & set(found(tmp_path))


def test_an_entry_whose_link_was_removed_is_found(sealed: list[int], tmp_path: Path) -> None:
    tamper("DELETE FROM audit_chainlink WHERE entry_id = %s", sealed[3])
    assert found(tmp_path) == ["removed"]
    assert services.verify().not_yet_sealed == 1


def test_a_removed_checkpoint_is_found(sealed: list[int], tmp_path: Path) -> None:
    tamper("DELETE FROM audit_checkpoint WHERE position = 5")
    assert found(tmp_path) == ["checkpoint", "head"]
    heads.head_file().unlink()
    assert found(tmp_path) == ["checkpoint"]


def test_the_last_checkpoint_removed_is_found(sealed: list[int], tmp_path: Path) -> None:
    tamper("DELETE FROM audit_checkpoint WHERE position = 12")
    assert found(tmp_path) == ["head", "inserted"]
    heads.head_file().unlink()
    assert found(tmp_path) == ["inserted"]


def test_an_inserted_entry_is_found_with_and_without_a_link(
    sealed: list[int], tmp_path: Path
) -> None:
    copy = (
        "INSERT INTO audit_entry SELECT 9000001, version, recorded_at - interval '2 days',"
        " business_on, actor, action, subject_type, subject_id, summary, details"
        " FROM audit_entry WHERE id = %s"
    )
    tamper(copy.replace("9000001", "-5"), sealed[0])
    assert found(tmp_path) == ["inserted"]
    tamper("DELETE FROM audit_entry WHERE id = -5")
    tamper(copy, sealed[0])
    tamper("INSERT INTO audit_chainlink (position, entry_id, hash) VALUES (13, 9000001, 'd')")
    assert found(tmp_path) == ["changed", "inserted"]


def test_a_copy_of_an_old_entry_under_the_next_number_is_found(
    sealed: list[int], tmp_path: Path
) -> None:
    tamper(
        "INSERT INTO audit_entry SELECT id + 1000, version, recorded_at - interval '3 minutes',"
        " business_on, actor, action, subject_type, subject_id, summary, details"
        " FROM audit_entry WHERE id = %s",
        sealed[0],
    )
    assert found(tmp_path) == ["inserted"]
    assert [fault.entry_id for fault in services.verify().faults] == [sealed[0] + 1000]


def test_swapped_entries_are_found_and_named(sealed: list[int], tmp_path: Path) -> None:
    first, second = sealed[2], sealed[8]
    for old, new in ((first, -1), (second, first), (-1, second)):
        tamper("UPDATE audit_chainlink SET entry_id = %s WHERE entry_id = %s", new, old)
    assert found(tmp_path) == ["moved"]
    sentences = [fault.sentence for fault in services.verify().faults]
    assert f"Entry {second} at position 3 belongs at position 9: moved." in (sentences)


@pytest.mark.parametrize("position", [0, 10, 11])
def test_a_cut_tail_is_found(sealed: list[int], tmp_path: Path, position: int) -> None:
    ids = "(SELECT entry_id FROM audit_chainlink WHERE position > %s)"
    tamper(f"DELETE FROM audit_entry WHERE id IN {ids}", position)
    tamper("DELETE FROM audit_chainlink WHERE position > %s", position)
    tamper("DELETE FROM audit_checkpoint WHERE position > %s", position)
    assert "cut" in found(tmp_path)


def test_a_chain_made_anew_is_found_by_the_head_file(sealed: list[int], tmp_path: Path) -> None:
    tamper("UPDATE audit_entry SET actor = 'user:nobody' WHERE id = %s", sealed[4])
    tamper("DELETE FROM audit_chainlink")
    tamper("DELETE FROM audit_checkpoint")
    services.seal_all()
    kept = heads.head_file()
    assert found(tmp_path) == ["head"]
    elsewhere = kept.rename(tmp_path / "copy.jsonl")
    assert services.verify().ok
    assert kinds(verify_export(exported(tmp_path), elsewhere)) == ["head"]


@pytest.mark.parametrize(
    ("table", "column"),
    [("audit_entry", "actor"), ("audit_chainlink", "hash"), ("audit_checkpoint", "hash")],
)
def test_the_triggers_refuse_every_change_with_a_clear_message(
    sealed: list[int], table: str, column: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER append_only_truncate")
        for statement in (
            f"UPDATE {table} SET {column} = {column}",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
        ):
            with (
                pytest.raises(
                    DatabaseError, match=f"{table} are history, they are added and never"
                ),
                transaction.atomic(),
            ):
                cursor.execute(statement)


def test_a_late_commit_with_a_lower_id_is_sealed_later_and_once(sealed: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('audit_entry_id_seq'), nextval('audit_entry_id_seq')")
        late, too_old = cursor.fetchone()
    services.record_many([draft(13)])
    assert services.seal() == 1
    Entry.objects.create(id=late, actor="worker", action="test.late")
    old = timezone.now() - timedelta(days=3)
    Entry.objects.create(id=too_old, actor="worker", action="test.late", recorded_at=old)
    assert services.seal() == 1
    assert services.seal_all() == 0
    assert ChainLink.objects.get(entry_id=late).position == 14
    # The other one says it is three days old: the sealer leaves it alone, the verifier names it.
    assert [fault.entry_id for fault in services.verify().faults] == [too_old]


def test_while_entries_stream_in_late_ones_wait_for_a_look_that_is_due(
    sealed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('audit_entry_id_seq')")
        (late,) = cursor.fetchone()
    services.record_many([draft(13)])
    services.seal()
    Entry.objects.create(id=late, actor="worker", action="test.late")
    services.record_many([draft(14)])
    monkeypatch.setattr(chain._LOOK, "is_due", lambda: False)
    assert services.seal() == 1
    assert not ChainLink.objects.filter(entry_id=late).exists()
    services.record_many([draft(15)])
    monkeypatch.setattr(chain._LOOK, "is_due", lambda: True)
    assert services.seal() == 2
    assert ChainLink.objects.filter(entry_id=late).exists()


def test_what_is_not_yet_sealed_is_no_fault_and_is_told(sealed: list[int]) -> None:
    services.record_many([draft(13)])
    report = services.verify()
    assert (report.ok, report.linked, report.not_yet_sealed) == (True, 12, 1)
    assert any("not yet sealed" in sentence for sentence in report.sentences())


def test_nested_details_are_hashed_to_the_last_leaf(sealed: list[int], tmp_path: Path) -> None:
    tamper(
        "UPDATE audit_entry SET details = jsonb_set(details, '{nested,none}', 'false')"
        " WHERE id = %s",
        sealed[1],
    )
    assert found(tmp_path) == ["changed"]


def test_verify_audit_says_so_and_exits_1(sealed: list[int], capsys: Any) -> None:
    call_command("verify_audit")
    assert "No fault found. The chain ends at position 12" in capsys.readouterr().out
    tamper("UPDATE audit_entry SET actor = 'x' WHERE id = %s", sealed[0])
    with pytest.raises(SystemExit) as stopped:
        call_command("verify_audit")
    assert stopped.value.code == 1
    assert "position 1 does not fit its hash" in capsys.readouterr().out


def run_offline(folder: Path) -> subprocess.CompletedProcess[str]:
    """The verifier as an outsider runs it: its own copy, no packages, no environment."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "verifier.py"), str(folder)],
        capture_output=True,
        text=True,
        env={},
        check=False,
    )


def test_an_export_verifies_with_the_stand_alone_file_alone(
    sealed: list[int], tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    done = export_audit(folder, actor="user:auditor")
    assert (done.entries, done.links) == (13, 13)  # the export itself was recorded
    clean = run_offline(folder)
    assert (clean.returncode, clean.stderr) == (0, "")
    lines = (folder / "entries.jsonl").read_text().splitlines(keepends=True)
    (folder / "entries.jsonl").write_text("".join([lines[1], *lines[2:]]))
    altered = run_offline(folder)
    assert altered.returncode == 1
    assert "position 1 was removed" in altered.stdout


@pytest.mark.parametrize(
    ("name", "old", "new", "status"),
    [
        ("entries", '"amount":"12.50"', '"amount":"12.50","amount":"12.50"', 2),
        ("entries", '"actor":"worker"', '"actor":"worker","extra":1', 1),
        ("entries", '"tries":1}', '"tries":1.0}', 1),
        ("entries", '"tries":1}', '"tries":NaN}', 1),
        ("entries", '"version":1', '"version":true', 1),
        ("links", '"position":3', '"position":"3"', 1),
        ("links", '"position":3', '"position":4', 1),
        ("checkpoints", '"entries":5', '"entries":5,"extra":1', 1),
        ("heads", "{", "", 1),
        ("links", "{", "", 2),
    ],
)
def test_the_offline_verifier_objects_to_whatever_does_not_belong(
    sealed: list[int], tmp_path: Path, name: str, old: str, new: str, status: int
) -> None:
    folder = tmp_path / "out"
    export_audit(folder, actor="user:auditor")
    path = folder / f"{name}.jsonl"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    done = run_offline(folder)
    assert (done.returncode, done.stderr) == (status, "")
    assert done.stdout


def test_a_missing_file_and_a_full_folder_are_named(sealed: list[int], tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export_audit(folder, actor="user:auditor")
    with pytest.raises(FileExistsError, match="is not empty"):
        export_audit(folder, actor="user:auditor")
    (folder / "links.jsonl").unlink()
    done = run_offline(folder)
    assert done.returncode == 2
    assert "links.jsonl cannot be read" in done.stdout
