"""Secrets and card data do not reach a log, a message or the audit log."""

import io
import logging

import pytest

from audit.redaction import REDACTED, RedactionFilter, is_secret_name, redact, redact_text

SECRET = "hunter2-Zx81"


@pytest.mark.parametrize(
    "name",
    [
        *("password", "db_password", "token", "access_token", "refresh_token", "secret"),
        *("client_secret", "clientSecret", "Authorization", "api_key", "X-Api-Key", "apikey"),
        *("private_key", "Cookie", "vault_keys", "passphrase"),
    ],
)
def test_values_under_secret_names_go(name: str) -> None:
    assert redact({"a": [{name: SECRET}]}) == {"a": [{name: REDACTED}]}
    for text in (
        f"{name}={SECRET}&a=1",
        f"{name}: {SECRET}",
        f'{{"{name}": "{SECRET}", "a": 1}}',
        f"{{'{name}': '{SECRET} with blanks'}}",
        f'"body": "{{\\"{name}\\": \\"{SECRET}\\"}}"',
    ):
        assert SECRET not in redact_text(text)
        assert "blanks" not in redact_text(text)


@pytest.mark.parametrize("name", ["token_type", "secret_id", "keyboard", "monkey", "posting_key"])
def test_names_that_only_resemble_secrets_stay(name: str) -> None:
    assert not is_secret_name(name)
    assert redact({name: "Bearer"}) == {name: "Bearer"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Authorization: Bearer {SECRET}", f"Authorization: {REDACTED}"),
        (f"sent bearer {SECRET} twice", f"sent bearer {REDACTED} twice"),
        (f"https://hub:{SECRET}@erp.example/x", f"https://hub:{REDACTED}@erp.example/x"),
        ("eyJhbGciOiJIUzI1.eyJzdWIiOiIx.abc_-1 end", f"{REDACTED} end"),
        ("paid by 4111 1111 1111 1111", "paid by [card number removed]"),
        ("order 536365 posted at 12:00", "order 536365 posted at 12:00"),
    ],
)
def test_secrets_are_known_by_their_shape(text: str, expected: str) -> None:
    assert redact_text(text) == expected
    assert redact_text(expected) == expected


def test_structures_and_exceptions_are_redacted_without_being_altered() -> None:
    given = {"password": SECRET, "n": 5, "empty": {"token": None}, "t": (f"token={SECRET}",)}
    assert redact(given) == {
        "password": REDACTED,
        "n": 5,
        "empty": {"token": None},
        "t": (f"token={REDACTED}",),
    }
    assert given["password"] == SECRET
    assert redact(ValueError(f"password={SECRET}")) == f"ValueError: password={REDACTED}"
    assert redact(b"cvv=123") == "cvv=[security code removed]"


def logged(message: object, *args: object, exc_info: bool = False) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactionFilter())
    logger = logging.getLogger("tests.audit.redaction")
    logger.propagate = False
    logger.handlers = [handler]
    logger.error(message, *args, exc_info=exc_info, stack_info=True)
    return stream.getvalue()


def test_log_records_are_redacted_in_message_arguments_and_traceback() -> None:
    assert SECRET not in logged("password=%s", SECRET)
    assert "[card number removed]" in logged("got %s", {"n": "4111111111111111"})
    try:
        raise ValueError(f"token={SECRET} 4111111111111111")
    except ValueError:
        output = logged("failed", exc_info=True)
    assert "ValueError: token=[redacted] [card number removed]" in output
    assert SECRET not in output


def test_a_log_call_whose_arguments_do_not_fit_is_still_redacted() -> None:
    output = logged(f"api_key={SECRET} %d %d", "x")
    assert SECRET not in output
    assert "could not be put in" in output
