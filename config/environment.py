"""Every setting that comes from the environment, in one table; wrong ones stop the start.

`VARIABLES` is the only list: it is read here, checked here and printed into docs/configuration.md.
"""

import base64
import binascii
import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import environ
from django.core.exceptions import ImproperlyConfigured

PREFIX: Final = "TIEOUT_"
MODES: Final = ("development", "demo", "production")
LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
VAULT_KEY_BYTES: Final = 32


class SettingsError(Exception):
    """A setting is unknown, wrong or missing; the text is a sentence for whoever set it."""


@dataclass(frozen=True)
class Variable:
    """One setting. `read` makes its value of a text; its ValueError says what is expected."""

    name: str
    read: Callable[[str], Any]
    kind: str
    default: Any
    default_text: str
    help: str


def text(raw: str) -> str:
    return raw


def names(raw: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in raw.split(",") if part.strip())


def yes_or_no(raw: str) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if raw.lower() not in words:
        raise ValueError("true or false")
    return words[raw.lower()]


def whole(least: int, most: int) -> Callable[[str], int]:
    def read(raw: str) -> int:
        if not raw.isascii() or not raw.isdigit() or not least <= int(raw) <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return int(raw)

    return read


def one_of(*allowed: str) -> Callable[[str], str]:
    def read(raw: str) -> str:
        if raw not in allowed:
            raise ValueError("one of " + ", ".join(allowed))
        return raw

    return read


def database_name(raw: str) -> str:
    if not raw.isascii() or not raw.isidentifier() or raw != raw.lower() or len(raw) > 50:
        raise ValueError("lower-case letters, digits and _, at most 50, beginning with a letter")
    return raw


def path(raw: str) -> Path:
    """Relative paths count from the folder that holds manage.py."""
    return Path(__file__).resolve().parent.parent / Path(raw).expanduser()


def database_url(raw: str) -> dict[str, Any]:
    expected = "an address like postgresql://user:password@host:5432/name"
    if not raw.startswith(("postgres://", "postgresql://")):
        raise ValueError(expected)
    try:
        found = dict(environ.Env.db_url_config(raw))
    except (ImproperlyConfigured, ValueError) as error:
        raise ValueError(expected) from error
    if not found.get("NAME"):
        raise ValueError(expected)
    return found


def email_url(raw: str) -> dict[str, Any]:
    try:
        return dict(environ.Env.email_url_config(raw))
    except (ImproperlyConfigured, ValueError) as error:
        raise ValueError("an address like smtp+tls://user:password@host:587") from error


def vault_keys(raw: str) -> dict[str, bytes]:
    """`keyid:base64of32bytes,…`, in order: the first encrypts, the others only decrypt."""
    expected = f"keyid:key pairs with commas between, each key {VAULT_KEY_BYTES} bytes in base64"
    found: dict[str, bytes] = {}
    for part in names(raw):
        key_id, _, encoded = part.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise ValueError(expected) from error
        if not key_id or key_id in found or len(key) != VAULT_KEY_BYTES:
            raise ValueError(f"{expected} and no key id twice")
        found[key_id] = key
    if not found:
        raise ValueError(expected)
    return found


VARIABLES: Final[tuple[Variable, ...]] = (
    Variable(
        "TIEOUT_MODE", one_of(*MODES), ", ".join(MODES), "development", "`development`",
        "What this installation is. Production refuses everything that belongs to a demo.",
    ),
    Variable(
        "TIEOUT_HOME", path, "path", path(".tieout"), "`.tieout` in the project",
        "Folder for what this installation keeps: embedded database, generated keys.",
    ),
    Variable(
        "DATABASE_URL", database_url, "PostgreSQL address", None, "the embedded PostgreSQL",
        "The database, as `postgresql://user:password@host:5432/name`.",
    ),
    Variable(
        "TIEOUT_DATABASE_NAME", database_name, "name", "tieout", "`tieout`",
        "Name of the database in the embedded PostgreSQL.",
    ),
    Variable(
        "TIEOUT_SECRET_KEY", text, "text", None, "generated outside production",
        "Signs sessions and cursors; at least 50 characters in production.",
    ),
    Variable(
        "TIEOUT_VAULT_KEYS", vault_keys, "`keyid:base64,…`", None, "generated outside production",
        "Keys of 32 bytes for credentials and envelopes. The first encrypts, the rest decrypt.",
    ),
    Variable(
        "TIEOUT_ALLOWED_HOSTS", names, "names, with commas", None, "this machine only",
        "Host names under which browsers and gateways reach Tieout. Required in production.",
    ),
    Variable(
        "TIEOUT_HTTPS", yes_or_no, "true or false", None, "true in production",
        "Redirect to HTTPS, secure cookies, strict transport security.",
    ),
    Variable(
        "TIEOUT_BEHIND_PROXY", yes_or_no, "true or false", False, "false",
        "Trust X-Forwarded-Proto. Only where a proxy sets or removes that header on every request.",
    ),
    Variable(
        "TIEOUT_CLOCK_FILE", path, "path", None, "the real time",
        "File that holds the business time (ISO 8601), for demos. Not in production.",
    ),
    Variable(
        "TIEOUT_ALLOW_SANDBOX", yes_or_no, "true or false", None, "true outside production",
        "Allow connections to the simulated vendors.",
    ),
    Variable(
        "TIEOUT_SANDBOX_TWO_PERSONS", yes_or_no, "true or false", False, "false",
        "Changes of sandbox connections wait for a second person too, as those of real ones do.",
    ),
    Variable(
        "TIEOUT_IDLE_MINUTES", whole(1, 1440), "minutes", 15, "15",
        "A session ends after so long without a request.",
    ),
    Variable(
        "TIEOUT_TOTP_REQUIRED", yes_or_no, "true or false", None, "true in production",
        "Nobody sees anything before they have set up codes of an authenticator app for log-in.",
    ),
    Variable(
        "TIEOUT_WEBHOOK_TOLERANCE_SECONDS", whole(1, 86400), "seconds", 300, "300",
        "How old a webhook's signature may be.",
    ),
    Variable(
        "TIEOUT_MAX_WEBHOOK_BYTES", whole(1024, 67108864), "bytes", 262144, "262144",
        "Largest webhook body that is taken.",
    ),
    Variable(
        "TIEOUT_WEBHOOKS_PER_SECOND", whole(1, 1000000), "number", 2000, "2000",
        "Webhooks a second that each web process takes of one connection, over ten seconds.",
    ),
    Variable(
        "TIEOUT_API_CALLS_PER_MINUTE", whole(1, 1000000), "number", 600, "600",
        "Calls of the API a minute that each web process takes of one key or person.",
    ),
    Variable(
        "TIEOUT_WORKERS", whole(1, 64), "number", 3, "3",
        "Worker processes: one for each lane (receive, deliver, notify).",
    ),
    Variable(
        "TIEOUT_CENSUS_HOUR", whole(0, 23), "hour", 2, "2",
        "Hour of the day (UTC) from which the nightly census reads the ERP back.",
    ),
    Variable(
        "TIEOUT_LOG_LEVEL", one_of(*LOG_LEVELS), ", ".join(LOG_LEVELS), "INFO", "`INFO`",
        "Least severity that is logged, to standard error.",
    ),
    Variable(
        "TIEOUT_EMAIL_URL", email_url, "address", email_url("consolemail://"), "`consolemail://`",
        "Where alerts are mailed through, as `smtp+tls://user:password@host:587`.",
    ),
    Variable(
        "TIEOUT_ALERT_FROM", text, "e-mail address", "tieout@localhost", "`tieout@localhost`",
        "The sender of alerts and digests.",
    ),
    Variable(
        "TIEOUT_ALERT_EMAILS", names, "e-mail addresses, with commas", (), "nobody",
        "Who is mailed alerts that no route of the database takes, and a lost database itself.",
    ),
    Variable(
        "TIEOUT_FINANCE_EMAILS", names, "e-mail addresses, with commas", (),
        "`TIEOUT_ALERT_EMAILS`, without the digest",
        "As above, for alerts to finance; these addresses get the daily digest too.",
    ),
    Variable(
        "TIEOUT_DISK_FREE_PERCENT", whole(1, 50), "per cent", 5, "5",
        "Operations are alerted when less than this is free where `TIEOUT_HOME` stands.",
    ),
    Variable(
        "TIEOUT_PUBLIC_URL", text, "address", "", "messages without links",
        "Where browsers reach the console, as `https://tieout.example.com`: links in messages.",
    ),
)  # fmt: skip


def read(environment: Mapping[str, str]) -> dict[str, Any]:
    """Every variable's value by name; an empty text counts as not set. Raises SettingsError."""
    known = [variable.name for variable in VARIABLES]
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, 1, cutoff=0.8)
            hint = f"did you mean {near[0]}?" if near else "docs/configuration.md names them all."
            raise SettingsError(f"The setting {name} is not known; {hint}")
    return {variable.name: _value(variable, environment) for variable in VARIABLES}


def _value(variable: Variable, environment: Mapping[str, str]) -> Any:
    raw = environment.get(variable.name, "").strip()
    if not raw:
        return variable.default
    try:
        return variable.read(raw)
    except ValueError as error:
        secret = "KEY" in variable.name or "URL" in variable.name
        shown = "" if secret else f" and not “{raw}”"
        raise SettingsError(f"The setting {variable.name} must be {error}{shown}.") from error


def unless_given(value: Any, otherwise: Any) -> Any:
    """The value that was given, or what the mode says."""
    return otherwise if value is None else value


def as_markdown() -> str:
    """The table of docs/configuration.md."""
    head = "| setting | is | without it | meaning |\n| --- | --- | --- | --- |\n"
    return head + "".join(
        f"| `{each.name}` | {each.kind} | {each.default_text} | {each.help} |\n"
        for each in VARIABLES
    )
