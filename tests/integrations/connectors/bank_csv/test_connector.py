"""Files of the folder: in the order of names, each once, none lost."""

from datetime import UTC, datetime

import pytest

from integrations import statement_folder as module
from integrations.contracts import Capability
from integrations.errors import ConfigError, RejectedError
from integrations.registry import build

MOMENT = datetime(2010, 12, 3, tzinfo=UTC)
BODY = b"date,description,reference,amount,balance\n2010-12-03,A,,1.00,\n"


@pytest.fixture
def bank(tmp_path):
    return build("bank_csv", {"folder": str(tmp_path), "account": "Main"}, {}, sandbox=False)


def walk(bank, cursor, limit=2):
    names, has_more = [], True
    while has_more:
        page = bank.fetch(Capability.STATEMENTS, cursor, moment=MOMENT, limit=limit)
        names += [document.name for document in page.documents]
        cursor, has_more = page.next_cursor, page.has_more
    return names, cursor


def put(folder, *names, body=BODY):
    for name in names:
        (folder / name).write_bytes(body)


def test_files_come_in_the_order_of_their_names_and_only_once(bank, tmp_path):
    put(tmp_path, "c.csv", "a.csv", "b.csv")
    names, cursor = walk(bank, {})
    assert names == ["a.csv", "b.csv", "c.csv"]
    assert walk(bank, cursor)[0] == []
    put(tmp_path, "d.csv")
    assert walk(bank, cursor)[0] == ["d.csv"]


def test_a_file_with_a_lower_name_that_comes_late_is_not_lost(bank, tmp_path):
    put(tmp_path, "b.csv", "c.csv")
    _, cursor = walk(bank, {})
    put(tmp_path, "a.csv")
    names, cursor = walk(bank, cursor)
    assert names == ["a.csv", "b.csv", "c.csv"]
    assert walk(bank, cursor)[0] == []


def test_a_file_that_has_grown_is_read_again_with_another_identity(bank, tmp_path):
    put(tmp_path, "a.csv")
    page = bank.fetch(Capability.STATEMENTS, {}, moment=MOMENT, limit=1)
    put(tmp_path, "a.csv", body=BODY * 2)
    again = bank.fetch(Capability.STATEMENTS, page.next_cursor, moment=MOMENT, limit=1)
    assert again.documents[0].identity != page.documents[0].identity
    same = bank.fetch_by_id(Capability.STATEMENTS, "a.csv")
    assert same.identity == again.documents[0].identity


def test_a_corrected_file_of_the_same_size_is_read_again(bank, tmp_path):
    put(tmp_path, "a.csv", body=BODY.replace(b"1.00", b"1.#0"))
    _, cursor = walk(bank, {})
    put(tmp_path, "a.csv")
    assert walk(bank, cursor)[0] == ["a.csv"]


def test_hidden_unfinished_linked_and_other_files_are_left_alone(bank, tmp_path):
    put(tmp_path, ".a.csv", "b.csv.part", "c.txt", "D.CSV")
    (tmp_path / "e.csv").symlink_to("/etc/hostname")
    (tmp_path / "f.csv").mkdir()
    assert walk(bank, {})[0] == ["D.CSV"]


def test_a_missing_folder_names_the_setting(tmp_path):
    bank = build("bank_csv", {"folder": f"{tmp_path}/no", "account": "Main"}, {}, sandbox=False)
    with pytest.raises(ConfigError, match="There is no folder"):
        walk(bank, {})
    [check] = bank.check_connection()
    assert not check.passed


def test_a_file_that_is_too_large_is_named_after_the_ones_before_it(bank, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LARGEST_FILE", 100)
    put(tmp_path, "a.csv")
    put(tmp_path, "b.csv", body=BODY * 10)
    page = bank.fetch(Capability.STATEMENTS, {}, moment=MOMENT, limit=5)
    assert ([d.name for d in page.documents], page.has_more) == (["a.csv"], True)
    with pytest.raises(RejectedError, match=r"b\.csv is larger"):
        bank.fetch(Capability.STATEMENTS, page.next_cursor, moment=MOMENT, limit=5)


@pytest.mark.parametrize("name", ["../a.csv", "/etc/passwd", "missing.csv"])
def test_only_files_of_the_folder_can_be_asked_for(bank, name):
    with pytest.raises(RejectedError, match="holds no file named"):
        bank.fetch_by_id(Capability.STATEMENTS, name)


def test_a_document_is_parsed_with_the_settings_of_its_connection(bank, tmp_path):
    put(tmp_path, "a.csv")
    [document] = bank.fetch(Capability.STATEMENTS, {}, moment=MOMENT, limit=1).documents
    [line] = bank.parse(document.kind, document.body, document.context).records
    assert line.amount.text == "1.00"
    assert document.context == {"account": "Main"}
