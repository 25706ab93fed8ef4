"""The product's own settings with one lane more, whose drain has nothing to do."""

from config.settings import *  # noqa: F403
from config.settings import TIEOUT_LANES

TIEOUT_LANES["bench"] = ["bench.jobs.drain"]
