"""The folder, or none: statements that are uploaded by hand only."""

from datetime import UTC, datetime

import pytest

from integrations.contracts import Capability
from integrations.errors import RejectedError
from integrations.registry import build
from tests.integrations.connectors.bank_file.test_bai2 import bai2

MOMENT = datetime(2010, 12, 3, tzinfo=UTC)
SETTINGS = {"format": "BAI2", "account": "Main", "account_number": "0975312468"}


def test_without_a_folder_nothing_is_fetched_and_the_check_says_so():
    bank = build("bank_file", SETTINGS, {}, sandbox=False)
    page = bank.fetch(Capability.STATEMENTS, {"after": "x"}, moment=MOMENT, limit=5)
    assert (list(page.documents), page.has_more, page.next_cursor) == ([], False, {"after": "x"})
    [check] = bank.check_connection()
    assert (check.passed, check.meaning) == (
        True,
        "None is set: statements are uploaded by hand.",
    )
    with pytest.raises(RejectedError, match="no folder"):
        bank.fetch_by_id(Capability.STATEMENTS, "a.bai")


def test_files_of_the_folder_are_read_with_the_settings(tmp_path):
    (tmp_path / "a.bai").write_text(bai2("16,165,100,0,,,A/"))
    bank = build("bank_file", SETTINGS | {"folder": str(tmp_path)}, {}, sandbox=False)
    [document] = bank.fetch(Capability.STATEMENTS, {}, moment=MOMENT, limit=1).documents
    [line] = bank.parse(document.kind, document.body, document.context).records
    assert (line.amount.text, document.name) == ("1.00", "a.bai")
    assert bank.fetch_by_id(Capability.STATEMENTS, "a.bai") == document
