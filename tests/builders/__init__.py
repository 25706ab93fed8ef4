"""Rows for tests, one factory per model; every default is valid and the least that makes sense.

`TransactionFactory(settled=True)` and its like are traits: a state with all that belongs to it.
"""

from tests.builders.integrations import *  # noqa: F403
from tests.builders.mapping import *  # noqa: F403
from tests.builders.people import *  # noqa: F403
from tests.builders.reconciliation import *  # noqa: F403
