import secrets

import pytest

from integrations.errors import ConfigError
from integrations.models import Credential
from integrations.services import connectors, vault
from tests.builders import ConnectionFactory

OLD, NEW = secrets.token_bytes(32), secrets.token_bytes(32)


@pytest.fixture(autouse=True)
def keys(settings):
    settings.TIEOUT_VAULT_KEYS = {"old": OLD}


def test_what_is_sealed_is_opened_in_its_place_only():
    sealed = vault.encrypt(b"secret", "envelope:a")
    assert vault.decrypt(sealed, "envelope:a") == b"secret"
    assert b"secret" not in sealed.ciphertext
    with pytest.raises(vault.VaultError, match="altered"):
        vault.decrypt(sealed, "envelope:b")


def test_a_changed_byte_is_noticed():
    sealed = vault.encrypt(b"secret", "here")
    spoiled = bytes([sealed.ciphertext[-1] ^ 1])
    with pytest.raises(vault.VaultError, match="altered"):
        vault.decrypt(vault.Sealed(sealed.key_id, sealed.ciphertext[:-1] + spoiled), "here")


def test_after_a_rotation_the_old_key_still_opens(settings):
    before = vault.encrypt(b"secret", "here")
    settings.TIEOUT_VAULT_KEYS = {"new": NEW, "old": OLD}
    after = vault.encrypt(b"secret", "here")
    assert (before.key_id, after.key_id) == ("old", "new")
    assert vault.decrypt(before, "here") == vault.decrypt(after, "here") == b"secret"


def test_a_key_that_is_gone_is_named(settings):
    sealed = vault.encrypt(b"secret", "here")
    settings.TIEOUT_VAULT_KEYS = {"new": NEW}
    with pytest.raises(vault.VaultError, match="'old' is not among TIEOUT_VAULT_KEYS"):
        vault.decrypt(sealed, "here")


def test_the_same_bytes_never_look_the_same():
    assert vault.encrypt(b"x", "here").ciphertext != vault.encrypt(b"x", "here").ciphertext


def test_a_rotation_keeps_the_keyed_hash(settings):
    before = vault.keyed_hash(b"page")
    settings.TIEOUT_VAULT_KEYS = {"new": NEW, "old": OLD}
    assert vault.keyed_hash(b"page") == before != vault.keyed_hash(b"page ")


def test_a_secret_is_kept_encrypted_and_never_shown(db):
    connection = ConnectionFactory()
    vault.set_credential(connection, "password", "open sesame")
    row = Credential.objects.get()
    assert b"open sesame" not in bytes(row.ciphertext)
    assert "sesame" not in f"{row!r} {row} {connection!r} {vars(row)}"
    assert vault.secrets_of(connection) == {"password": "open sesame"}


def test_a_secret_that_is_moved_to_another_connection_is_refused(db):
    one, other = ConnectionFactory(), ConnectionFactory()
    vault.set_credential(one, "password", "open sesame")
    Credential.objects.update(connection=other)
    with pytest.raises(vault.VaultError, match="altered"):
        vault.secrets_of(other)


def test_a_new_secret_replaces_the_old_one(db):
    connection = ConnectionFactory()
    for secret in ("first", "second"):
        vault.set_credential(connection, "password", secret)
    assert vault.secrets_of(connection) == {"password": "second"}


def test_the_relays_secret_is_not_the_connectors(db):
    connection = ConnectionFactory()
    vault.set_credential(connection, "password", "p")
    vault.set_credential(connection, vault.WEBHOOK_SECRET, "w")
    assert vault.connector_secrets(connection) == {"password": "p"}


def test_a_connection_whose_key_is_gone_says_which_setting(db, settings):
    connection = ConnectionFactory()
    vault.set_credential(connection, "password", "p")
    settings.TIEOUT_VAULT_KEYS = {"new": NEW}
    with pytest.raises(ConfigError, match="TIEOUT_VAULT_KEYS") as caught:
        connectors.connector_of(connection)
    assert caught.value.setting == "TIEOUT_VAULT_KEYS"


def test_a_sandbox_is_refused_where_none_is_allowed(db, settings):
    settings.TIEOUT_ALLOW_SANDBOX = False
    with pytest.raises(ConfigError, match="allows none"):
        connectors.connector_of(ConnectionFactory())
