import pytest

from tests.builders import NOW


@pytest.fixture
def business_day(settings, tmp_path):
    """Business time stands at NOW."""
    path = tmp_path / "clock"
    path.write_text(NOW.isoformat())
    settings.TIEOUT_CLOCK_FILE = path
    return NOW
