"""Make the virtual environment from a hashed lock; do nothing when it is already so.

Usage: setup.py VENV LOCK. It runs before anything is installed: standard library only, and nothing
that an old Python cannot read, so that it can turn one away with a sentence.
"""

import hashlib
import importlib.util
import subprocess
import sys
from pathlib import Path

LEAST = (3, 11)


def main(venv: Path, lock: Path) -> None:
    if sys.version_info[:2] < LEAST:
        sys.exit(
            f"Tieout needs Python {LEAST[0]}.{LEAST[1]} or newer; {sys.executable} is"
            f" {sys.version.split()[0]}. Name another one as in `make setup PYTHON=python3.12`."
        )
    stamp = venv / "made-from"
    wanted = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            "Python cannot make virtual environments here; install that part of it first"
            " (on Debian and Ubuntu: apt install python3-venv)."
        )
    print(f"Setting up {venv} from {lock}; this takes about half a minute.", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    if subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=False).returncode:
        sys.exit(f"The packages of {lock} could not be installed; the lines above say why.")
    stamp.write_text(wanted)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
