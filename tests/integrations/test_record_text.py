"""A record inside a document is corrected by the names of its fields; all else stays as it is."""

import pytest

from integrations.record_text import NotFoundError, corrected

PAGE = b"""{"success": true, "transactions": [
  {"id": 1, "amount": 10.50},
  {"id": 2, "amount": "abc", "payer": {"name": "A"}}
], "more": 1.10}"""
FILE = b'\xef\xbb\xbfDate;Text;Amount\r\n2010-12-07;"A; B";1,00\r\n\r\n2010-12-08;C;x\r\n'


def fixed(body, position, delimiter=",", **changes):
    return corrected(body, position, changes, delimiter)


def test_a_character_that_the_file_cannot_hold_is_refused():
    body = "a\né\n".encode("windows-1252")
    assert corrected(body, 0, {"a": "ü"}, ",", "windows-1252") == "a\nü\n".encode("windows-1252")
    with pytest.raises(NotFoundError, match="has no such character"):
        corrected(body, 0, {"a": "Ω"}, ",", "windows-1252")
    with pytest.raises(NotFoundError, match="not text in utf-8"):
        corrected(body, 0, {"a": "1"})


def test_only_the_named_field_of_the_record_changes_byte_by_byte():
    assert fixed(PAGE, 1, amount="12.50") == PAGE.replace(b'"abc"', b'"12.50"')
    assert fixed(PAGE, 0, amount="9.00", id="x") == PAGE.replace(
        b'{"id": 1, "amount": 10.50}', b'{"id": "x", "amount": 9.00}'
    )


def test_a_page_may_be_a_list_alone():
    assert fixed(b' [{"a": "1"}, {"a": "2"}]', 1, a="3") == b' [{"a": "1"}, {"a": "3"}]'


def test_a_line_is_corrected_and_the_others_stay_as_they_came():
    changed = fixed(FILE, 1, ";", Amount="2,00", Text="D; E")
    assert changed == FILE.replace(b"2010-12-08;C;x", b'2010-12-08;"D; E";2,00')


def test_what_holds_card_shaped_fields_of_its_own_or_is_not_there_is_refused_in_words():
    for changes, words in (
        ({"amout": "1"}, "no field amout; it has id, amount, payer"),
        ({"payer": "1"}, "holds fields of its own"),
    ):
        with pytest.raises(NotFoundError, match=words):
            corrected(PAGE, 1, changes, ",")
    with pytest.raises(NotFoundError, match="no such record"):
        fixed(PAGE, 2, amount="1")
    with pytest.raises(NotFoundError, match="no such line"):
        fixed(FILE, 2, ";", Amount="1")


NESTED = b'[{"a": 1, "b": ' + b"[" * 100_000


@pytest.mark.parametrize(
    "body", [b'{"a": [', b"[1, 2]", b"{}", b"\xff\xfe{", b'{"a": [[1]]}', NESTED]
)
def test_a_document_that_cannot_be_taken_apart_is_refused_in_words(body):
    with pytest.raises(NotFoundError):
        fixed(body, 0, a="1")


def test_what_only_mentions_a_banks_format_can_be_corrected():
    assert fixed(b"a,b\n<OFX> camt.053,x\n", 0, b="y") == b"a,b\n<OFX> camt.053,y\n"


def test_a_file_in_a_banks_own_format_is_nobodys_to_correct():
    with pytest.raises(NotFoundError, match="Only the bank corrects its BAI2 files"):
        corrected(b"01,BANK,US,101204,0600,1,,,2/\n16,165,12.50,0,,,X/", 0, {"US": "x"})
