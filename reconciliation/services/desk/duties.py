"""What each action of the desk asks a person to be trusted with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from audit.roles import Duty

#: Where it is not the desk's own duty.
DUTIES: Final[Mapping[str, Duty]] = {
    "approve_rule": Duty.APPROVE_RULES,
    "follow_rule": Duty.APPROVE_RULES,
    "map_account": Duty.EDIT_RULES,
    "map_method": Duty.EDIT_RULES,
    "mend_field": Duty.EDIT_RULES,
}


def duty_of(action: str) -> Duty:
    return DUTIES.get(action, Duty.WORK_EXCEPTIONS)
