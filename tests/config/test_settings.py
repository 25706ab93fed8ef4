import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.urls import reverse

PROJECT = Path(__file__).resolve().parents[2]
GIVEN = {
    "TIEOUT_MODE": "production",
    "TIEOUT_SECRET_KEY": "x" * 50,
    "TIEOUT_VAULT_KEYS": "2026-01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "TIEOUT_ALLOWED_HOSTS": "tieout.example",
}
POLICY = (
    "base-uri 'none'; connect-src 'self'; default-src 'none'; font-src 'self'; form-action 'self';"
    " frame-ancestors 'none'; img-src 'self'; object-src 'none'; script-src 'self';"
    " style-src 'self'"
)


def production_value(expression: str, **variables: str) -> str:
    code = f"from config import settings; print(settings.{expression})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env={**os.environ, **GIVEN, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("DEBUG", "False"),
        ("SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE", "True True"),
        ("SECURE_SSL_REDIRECT", "True"),
        ("SECURE_HSTS_SECONDS", "31536000"),
        ("TIEOUT_ALLOW_SANDBOX", "False"),
        ("SESSION_COOKIE_AGE", "900"),
        ("PASSWORD_HASHERS[0]", "django.contrib.auth.hashers.Argon2PasswordHasher"),
    ],
)
def test_production_is_strict_without_being_told(expression, value):
    assert production_value(expression) == value


def test_a_forwarded_protocol_is_trusted_only_when_a_proxy_is_declared():
    header = "SECURE_PROXY_SSL_HEADER"
    assert production_value(header) == "None"
    assert "X_FORWARDED_PROTO" in production_value(header, TIEOUT_BEHIND_PROXY="true")


@pytest.mark.django_db
def test_pages_carry_the_content_security_policy(client):
    header = client.get(reverse("admin:login")).headers["Content-Security-Policy"]
    assert "; ".join(sorted(header.split("; "))) == POLICY


def test_a_password_has_twelve_characters():
    with pytest.raises(ValidationError, match="at least 12 characters"):
        validate_password("vQ7-krampf1")
    validate_password("vQ7-krampf12")


def test_tests_have_a_data_folder_of_their_own(settings):
    assert settings.DATABASES["default"]["CONN_MAX_AGE"] == 0
    assert Path(settings.TIEOUT_HOME) == PROJECT / ".tieout" / "test"
