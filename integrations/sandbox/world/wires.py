"""Arming what goes wrong: rows in the simulators' own fault tables."""

from collections.abc import Callable, Iterable
from datetime import date

from integrations.sandbox import faults
from integrations.sandbox.world.kinds import Kind
from integrations.sandbox.world.plan import Action
from integrations.sandbox.world.state import State
from integrations.sandbox.world.troubles import ErpFault, Troubles

SANDBOX = "paytrace"
EXPORTS = "/v1/transactions/export/*"
BY_DATE = "/v1/transactions/export/by_date_range"

#: More often than anybody reads an evening's records.
MANY = 1_000_000

ArmErp = Callable[[ErpFault], None]


class Wires:
    """Each fault has a name, so that arming it again after a restart changes nothing."""

    def __init__(self, state: State, troubles: Troubles, arm_erp: ArmErp) -> None:
        self._state = state
        self._troubles = troubles
        self._arm_erp = arm_erp

    def before_sales(self, actions: Iterable[Action]) -> None:
        """Replies of sales that will get lost after the gateway has done them."""
        for action in actions:
            if action.planted is Kind.DROPPED_SALE:
                self._arm(
                    faults.FaultRule(
                        kind="drop",
                        sandbox=SANDBOX,
                        name=f"drop-{action.reference}",
                        path="/v1/transactions/sale/*",
                        body_contains=f'"{action.reference}"',
                    )
                )

    def before_evening(
        self, day: date, actions: Iterable[Action], gateway_id: Callable[[str], str]
    ) -> None:
        """The hub's next reading fails; some records come garbled once."""
        for fault in self._troubles.reads:
            if fault.on == day:
                retry_after = 1 if fault.fault == "throttle" else None
                self._arm(
                    faults.FaultRule(
                        kind=fault.fault,
                        sandbox=SANDBOX,
                        name=fault.name,
                        path=BY_DATE,
                        retry_after=retry_after,
                    )
                )
        for action in actions:
            if action.planted is Kind.UNREADABLE_RECORD:
                self._arm(
                    faults.FaultRule(
                        kind="garble",
                        sandbox=SANDBOX,
                        name=f"garble-{action.reference}",
                        path=EXPORTS,
                        times=MANY,
                        record=gateway_id(action.reference),
                    )
                )

    def after_evening(self, actions: Iterable[Action]) -> None:
        """The hub has read: from now on the records are whole again.

        Until then they stay garbled however often the hub reads them: a reader that is killed
        and begins anew must see the same as one that is not.
        """
        for action in actions:
            if action.planted is Kind.UNREADABLE_RECORD:
                faults.disarm(self._state.connection, f"garble-{action.reference}")

    def before_morning(self, day: date) -> None:
        """The ERP fails while the day's batch is posted."""
        for fault in self._troubles.erp:
            if fault.on == day:
                self._arm_erp(fault)

    def _arm(self, rule: faults.FaultRule) -> None:
        faults.arm(self._state.connection, rule)
