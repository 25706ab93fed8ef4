"""What every operation is handed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from integrations.sandbox.database import Connection
from integrations.sandbox.paytrace.fields import Fields
from integrations.sandbox.wire import Answer


@dataclass(frozen=True, slots=True)
class Call:
    """One authorized business call. `now` is business time; no batch closes while it runs."""

    connection: Connection
    now: datetime
    fields: Fields
    user: str
    peer: str


Operation = Callable[[Call], Answer]
