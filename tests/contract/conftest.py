from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.contracts import Capability
from integrations.registry import CONNECTORS
from tests.contract.worlds import WORLDS, World
from tests.integrations.connectors.sage500.conftest import sage_url  # noqa: F401  (a fixture)


def _codes(*capabilities: Capability) -> list[str]:
    """Of each registered connector, and of what it has several worlds for: `bank_file OFX`."""
    wanted = set(capabilities)
    worlds = {*CONNECTORS, *WORLDS}
    return sorted(code for code in worlds if CONNECTORS[code.split()[0]].capabilities >= wanted)


@pytest.fixture(params=_codes())
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """The world of each registered connector in turn; one without a world fails here."""
    yield from _open(request, tmp_path)


@pytest.fixture(params=_codes(Capability.POST))
def posting_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from _open(request, tmp_path)


@pytest.fixture(params=_codes(Capability.OPEN_ITEMS))
def open_items_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from _open(request, tmp_path)


def _open(request: pytest.FixtureRequest, folder: Path) -> Iterator[World]:
    url = request.getfixturevalue("sage_url") if request.param == "sage500" else ""
    made = WORLDS[request.param](folder, url)
    yield made
    made.connector.close()
