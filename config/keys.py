"""Keys for installations that were given none: made once, kept in the data folder, never shown."""

import base64
import json
import os
import secrets
from pathlib import Path

from config.environment import VAULT_KEY_BYTES, SettingsError, vault_keys

GENERATED_PREFIXES = ("demo-", "dev-")
"""Key ids that begin so were generated here; production refuses them."""


def given_or_generated(
    secret_key: str | None, vault: dict[str, bytes] | None, home: Path, mode: str
) -> tuple[str, dict[str, bytes]]:
    """The secret key and the vault's keys by id, in order; generated where none is given."""
    if secret_key and vault:
        return secret_key, vault
    kept_secret, kept_vault = generated_keys(home, mode)
    return secret_key or kept_secret, vault or vault_keys(kept_vault)


def generated_keys(home: Path, mode: str) -> tuple[str, str]:
    """(secret key, vault keys as in TIEOUT_VAULT_KEYS) of this data folder; the file has mode 0600.

    Two processes may come at once: each writes its own file and the first link wins.
    """
    file = home / "keys.json"
    try:
        if not file.exists():
            _generate(file, "demo-" if mode == "demo" else "dev-")
        kept = json.loads(file.read_text())
        return str(kept["secret_key"]), str(kept["vault_keys"])
    except (OSError, ValueError, KeyError) as error:
        raise SettingsError(
            f"The generated keys in {file} cannot be read or made; make the folder writable,"
            " or set TIEOUT_SECRET_KEY and TIEOUT_VAULT_KEYS."
        ) from error


def _generate(file: Path, prefix: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    encoded = base64.b64encode(secrets.token_bytes(VAULT_KEY_BYTES)).decode()
    content = {
        "secret_key": prefix + secrets.token_urlsafe(60),
        "vault_keys": f"{prefix}{secrets.token_hex(4)}:{encoded}",
    }
    draft = file.with_name(f"keys.{os.getpid()}.{secrets.token_hex(4)}.json")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(content, indent=1))
    try:
        os.link(draft, file)
    except FileExistsError:
        return
    finally:
        draft.unlink()
