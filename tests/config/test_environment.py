import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import environment
from config.environment import SettingsError
from config.keys import generated_keys, given_or_generated

PROJECT = Path(__file__).resolve().parents[2]
KEY = base64.b64encode(bytes(range(32))).decode()


def test_nothing_set_gives_the_defaults():
    values = environment.read({})
    assert values["TIEOUT_MODE"] == "development"
    assert values["TIEOUT_HOME"] == PROJECT / ".tieout"
    assert values["DATABASE_URL"] is None
    assert values["TIEOUT_IDLE_MINUTES"] == 15


def test_an_empty_value_counts_as_not_set():
    assert environment.read({"TIEOUT_WORKERS": " "})["TIEOUT_WORKERS"] == 3


def test_values_have_their_types():
    given = {
        "TIEOUT_HTTPS": "no",
        "TIEOUT_WORKERS": "4",
        "TIEOUT_ALLOWED_HOSTS": "a.example, b.example",
        "TIEOUT_VAULT_KEYS": f"new:{KEY},old:{KEY}",
        "DATABASE_URL": "postgresql://me:secret@db.example:5433/books",
        "TIEOUT_CLOCK_FILE": "clock",
    }
    values = environment.read(given)
    assert values["TIEOUT_HTTPS"] is False
    assert values["TIEOUT_WORKERS"] == 4
    assert values["TIEOUT_ALLOWED_HOSTS"] == ("a.example", "b.example")
    assert values["TIEOUT_VAULT_KEYS"] == {"new": bytes(range(32)), "old": bytes(range(32))}
    assert list(values["TIEOUT_VAULT_KEYS"]) == ["new", "old"]
    assert values["DATABASE_URL"]["NAME"] == "books"
    assert values["TIEOUT_CLOCK_FILE"] == PROJECT / "clock"


def test_an_unknown_name_is_refused_with_the_name_that_was_meant():
    with pytest.raises(SettingsError, match=r"TIEOUT_WORKER is not known; did you mean.*WORKERS\?"):
        environment.read({"TIEOUT_WORKER": "3"})
    with pytest.raises(SettingsError, match=r"TIEOUT_ZZZ is not known; docs/configuration.md"):
        environment.read({"TIEOUT_ZZZ": "3"})


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("TIEOUT_MODE", "prod", "one of development, demo, production and not “prod”"),
        ("TIEOUT_WORKERS", "many", "a whole number from 1 to 64 and not “many”"),
        ("TIEOUT_WORKERS", "0", "a whole number from 1 to 64 and not “0”"),
        ("TIEOUT_WORKERS", "²", "a whole number from 1 to 64 and not “²”"),
        ("TIEOUT_HTTPS", "maybe", "true or false and not “maybe”"),
        ("TIEOUT_LOG_LEVEL", "loud", "one of DEBUG, INFO, WARNING, ERROR and not “loud”"),
        ("TIEOUT_DATABASE_NAME", "My Books", "lower-case letters"),
        ("TIEOUT_EMAIL_URL", "pigeon://coop", "an address like smtp"),
        ("DATABASE_URL", "mysql://me:secret@host/books", "an address like postgresql://"),
        ("DATABASE_URL", "postgresql://me:secret@host:port/books", "an address like postgresql://"),
        ("DATABASE_URL", "postgresql://me:secret@host", "an address like postgresql://"),
        ("TIEOUT_EMAIL_URL", "smtp://me:secret@host:port", "an address like smtp"),
        ("TIEOUT_VAULT_KEYS", "short:c2VjcmV0", "each key 32 bytes"),
        ("TIEOUT_VAULT_KEYS", "one:no base64!", "each key 32 bytes"),
        ("TIEOUT_VAULT_KEYS", f"one:{KEY},one:{KEY}", "no key id twice"),
        ("TIEOUT_VAULT_KEYS", ",", "keyid:key pairs"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_expected(name, value, expected):
    with pytest.raises(SettingsError, match=f"The setting {name} must be") as refused:
        environment.read({name: value})
    assert expected in str(refused.value)
    assert "secret" not in str(refused.value)


def test_keys_are_generated_once_and_closed_to_others(tmp_path):
    first = generated_keys(tmp_path / "home", "demo")
    assert generated_keys(tmp_path / "home", "development") == first
    assert first[0].startswith("demo-")
    assert first[1].startswith("demo-")
    kept = list((tmp_path / "home").iterdir())
    assert [each.name for each in kept] == ["keys.json"]
    assert kept[0].stat().st_mode & 0o777 == 0o600


def test_a_given_key_wins_over_a_generated_one(tmp_path):
    secret, vault = given_or_generated("given", None, tmp_path, "development")
    assert secret == "given"
    assert next(iter(vault)).startswith("dev-")
    assert given_or_generated("s", {"k": b""}, Path("/nowhere"), "demo") == ("s", {"k": b""})


def test_unreadable_generated_keys_are_named_in_a_sentence(tmp_path):
    (tmp_path / "keys.json").write_text("{}")
    with pytest.raises(SettingsError, match="generated keys in .* cannot be read"):
        generated_keys(tmp_path, "demo")


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_wrong_setting_ends_manage_py_with_one_sentence():
    done = manage("check", TIEOUT_WORKERS="many")
    assert done.returncode == 1
    assert done.stderr.startswith("Tieout does not start: The setting TIEOUT_WORKERS must be")
    assert done.stderr.count("\n") == 1


def test_a_missing_data_folder_ends_manage_py_with_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    given = {"TIEOUT_SECRET_KEY": "s", "TIEOUT_VAULT_KEYS": f"k:{KEY}"}
    done = manage("showmigrations", TIEOUT_HOME=str(tmp_path / "file"), **given)
    assert done.returncode == 1
    assert done.stderr.startswith("Tieout does not start: The data folder")
    assert done.stderr.count("\n") == 1


def test_help_and_checks_start_no_database(tmp_path):
    assert manage("check", TIEOUT_HOME=str(tmp_path)).returncode == 0
    assert [each.name for each in tmp_path.iterdir()] == ["keys.json"]


def test_the_documented_table_is_the_one_that_is_read():
    documented = (PROJECT / "docs" / "configuration.md").read_text()
    printed = manage("settings_table").stdout
    assert printed == environment.as_markdown()
    assert printed in documented


def test_the_readmes_table_is_a_part_of_it():
    readme = (PROJECT / "README.md").read_text("utf-8").splitlines()
    rows = [row for row in readme if row.startswith("| `TIEOUT_")]
    assert len(rows) > 5
    assert set(rows) < set(environment.as_markdown().splitlines())
