"""Take the pictures of docs/for/ from a running product, all of them anew.

    python scripts/doc_pictures.py                  starts a demo of its own, and stops it
    python scripts/doc_pictures.py --address URL    a fresh demo that is up and whose story is over

Each picture is 1480 × 920, light, WebP. What the pages name and what is taken have to be the same;
files that no page names are removed.
"""

from __future__ import annotations

import argparse
import base64
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from doc_picture_set import faults_of, keep, named_in
from doc_scenes import SCENES, Stage
from playwright.sync_api import Page, sync_playwright

ROOT: Final = Path(__file__).resolve().parent.parent
PAGES: Final = ROOT / "docs" / "for"
PICTURES: Final = ROOT / "docs" / "pictures"
HOME: Final = ROOT / ".tieout" / "pictures"
SIZE: Final = {"width": 1480, "height": 920}
QUALITY: Final = 70
OVER: Final = "The story is over"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", help="of a running demo, instead of one of its own")
    parser.add_argument("--folder", type=Path, default=PICTURES)
    given = parser.parse_args()
    # Whoever ends this with a plain kill ends the demo with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if given.address:
        taken = take_all(given.address)
    else:
        with demo() as address:
            taken = take_all(address)
    keep(taken, given.folder)
    if faults := faults_of(taken, named_in(PAGES)):
        sys.exit("\n".join(faults))
    sys.stderr.write(f"{len(taken)} pictures, {sum(map(len, taken.values())):,} bytes\n")


@contextmanager
def demo() -> Iterator[str]:
    """A demo on the embedded database in a data folder of its own: its address, at story's end."""
    environment = {**os.environ, "TIEOUT_HOME": str(HOME)}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, str(ROOT / "manage.py"), "demo", "--run", "pictures"]
    subprocess.run([*command, "--reset"], env=environment, check=True)
    running = subprocess.Popen(
        [*command, "--port", "8790"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        yield _address_at_the_end(running)
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate()


def _address_at_the_end(running: subprocess.Popen[str]) -> str:
    address = ""
    for line in running.stdout or ():
        sys.stderr.write(line)
        if found := re.search(r"Tieout is at (\S+?)/?$", line):
            address = found[1]
        if OVER in line:
            return address
    sys.exit("The demo ended before its story was over.")


def take_all(address: str) -> dict[str, bytes]:
    """Each picture by its name. A scene that takes one twice is an error."""
    taken: dict[str, bytes] = {}

    def shoot(page: Page, name: str) -> None:
        if name in taken:
            raise ValueError(f"{name} is taken twice")
        # The browser writes WebP itself, so that no imaging library is needed.
        answer = page.context.new_cdp_session(page).send(
            "Page.captureScreenshot", {"format": "webp", "quality": QUALITY}
        )
        taken[name] = base64.b64decode(answer["data"])

    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--disable-background-networking", "--disable-sync", *sandbox],
        )
        context = browser.new_context(base_url=address, viewport=SIZE)
        context.add_cookies([{"name": "theme", "value": "light", "url": address}])
        stage = Stage(context.new_page(), shoot)
        for scene in SCENES:
            scene(stage)
            sys.stderr.write(f"{scene.__name__}: {len(taken)} pictures so far\n")
        browser.close()
    return taken


if __name__ == "__main__":
    main()
