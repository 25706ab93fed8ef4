"""As whom the embedded server runs. PostgreSQL refuses to run as root."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LEFT_OUT = ("LANG", "LC_", "PG")
"""Names with these beginnings never reach the server: a locale that is not installed stops it."""

PASS_FOLDERS = (
    "--clear-groups",
    *("--inh-caps", "+dac_override", "--ambient-caps", "+dac_override"),
    *("--securebits", "+no_setuid_fixup"),  # or access(2), which initdb asks, leaves it out
)


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int
    prefix: tuple[str, ...] = ()
    """Put before each command when plain user switching does not reach the folders."""

    @property
    def is_ours(self) -> bool:
        return self.uid == os.geteuid()

    def run(self, command: Sequence[str], cwd: Path) -> subprocess.CompletedProcess[str]:
        """Runs to the end, in a session of its own so that Ctrl-C does not cut it short."""
        switch: dict[str, Any] = {}
        if not self.is_ours and not self.prefix:
            switch = {"user": self.uid, "group": self.gid, "extra_groups": []}
        return subprocess.run(
            [*self.prefix, *command],
            cwd=cwd,
            env={k: v for k, v in os.environ.items() if not k.startswith(LEFT_OUT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            check=False,
            **switch,
        )

    def reaches(self, binary: Path, folder: Path) -> bool:
        """Tried rather than read from mode bits, which miss access lists and mount options."""
        script = 'test -w "$1" && exec "$2" -V'
        try:
            tried = self.run(["sh", "-c", script, "sh", str(folder), str(binary)], cwd=Path("/"))
        except OSError:
            return False
        return tried.returncode == 0


def account_for(folder: Path, binary: Path) -> Account | None:
    """The owner of the server's folder or, for root, an unprivileged account that can reach it.

    A checkout below a closed folder such as /root is reached with one capability, which passes
    folder modes: no parent folder has its mode changed. None when nothing reaches it.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    owner = folder.stat()
    uid, gid = (owner.st_uid, owner.st_gid) if owner.st_uid else _unprivileged()
    os.chown(folder, uid, gid)
    plain = Account(uid, gid)
    lifted = Account(uid, gid, ("setpriv", "--reuid", str(uid), "--regid", str(gid), *PASS_FOLDERS))
    return next((each for each in (plain, lifted) if each.reaches(binary, folder)), None)


def _unprivileged() -> tuple[int, int]:
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return entry.pw_uid, entry.pw_gid
