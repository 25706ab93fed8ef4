"""The PayTrace sandbox: which path is which operation, and the server around them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from integrations.sandbox import faults
from integrations.sandbox.chaos import book
from integrations.sandbox.chaos.http import ScheduledFaults
from integrations.sandbox.clock import SandboxClock
from integrations.sandbox.database import Database
from integrations.sandbox.faults import FaultBook, FaultRule
from integrations.sandbox.paytrace import (
    assumptions,
    batches,
    changes,
    charges,
    customers,
    exports,
    settlement,
    store,
)
from integrations.sandbox.paytrace.answers import Refused, done, refusal, unauthorized
from integrations.sandbox.paytrace.call import Call, Operation
from integrations.sandbox.paytrace.fields import Fields, read_object
from integrations.sandbox.paytrace.oauth import Tokens
from integrations.sandbox.paytrace.settlement import Calendar
from integrations.sandbox.wire import Answer, Request, WireServer

SANDBOX = "paytrace"

OPERATIONS: dict[str, Operation] = {
    "/v1/transactions/sale/keyed": charges.sale_keyed,
    "/v1/transactions/sale/by_customer": charges.sale_by_customer,
    "/v1/transactions/authorization/keyed": charges.authorization_keyed,
    "/v1/transactions/authorization/by_customer": charges.authorization_by_customer,
    "/v1/transactions/authorization/capture": changes.capture,
    "/v1/transactions/void": changes.void,
    "/v1/transactions/refund/for_transaction": changes.refund_for_transaction,
    "/v1/transactions/settle": settlement.settle_now,
    "/v1/transactions/export/by_id": exports.by_id,
    "/v1/transactions/export/by_date_range": exports.by_date_range,
    "/v1/batches/export": batches.export,
    "/v1/batches/export_one": batches.export_one,
    "/v1/batches/transaction_list": batches.transaction_list,
    "/v1/customer/create": customers.create,
    "/v1/customer/update": customers.update,
    "/v1/customer/export": customers.export,
    "/v1/customer/delete": customers.delete,
}
UNREFERENCED_REFUNDS: dict[str, Operation] = {
    "/v1/transactions/refund/to_customer": changes.refund_to_customer,
    "/v1/transactions/refund/keyed": changes.refund_keyed,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a sandbox is started. Port 0 takes any free one."""

    database_url: str
    clock_file: Path
    port: int = 0
    username: str = "sandbox-api-user"
    password: str = "sandbox-only-password"
    token_seconds: int = 7200
    unreferenced_refunds: bool = False


class PaytraceApp:
    """Answers one request; everything it acknowledges is committed before."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._calendar = Calendar(database, SandboxClock(settings.clock_file))
        self._tokens = Tokens(
            database, settings.username, settings.password, settings.token_seconds
        )
        allowed = settings.unreferenced_refunds
        self._operations = OPERATIONS | {
            path: changes.unreferenced(operation, allowed)
            for path, operation in UNREFERENCED_REFUNDS.items()
        }

    def __call__(self, request: Request) -> Answer:
        if request.path == "/v1/ping":
            with self._calendar.moment():
                return done(1, "The API is up.")
        if request.method == "POST" and request.path == "/oauth/token":
            return self._tokens.issue(request)
        operation = self._operations.get(request.path)
        if operation is None or request.method != "POST":
            return Answer(assumptions.HTTP_NO_SUCH_METHOD, {"error": "No such method."})
        user = self._tokens.user(request)
        if user is None:
            return unauthorized("invalid_token", "The access token is missing or not valid.")
        try:
            return self._answer(operation, request, user)
        except Refused as refused:
            return refusal(refused.errors)

    def _answer(self, operation: Operation, request: Request, user: str) -> Answer:
        fields = Fields(read_object(request.body))
        with self._calendar.moment() as now, self._database.connection() as connection:
            return operation(Call(connection, now, fields, user, request.peer))


def serve(settings: Settings, rules: Sequence[FaultRule] = ()) -> WireServer:
    """A listening server with its tables made and `rules` armed; call `serve_forever` on it.

    Raises DatabaseAway, ClockUnreadable, or OSError when the port is taken.
    """
    database = Database(settings.database_url)
    database.wait(10)
    SandboxClock(settings.clock_file).now()
    with database.connection() as connection:
        store.create_tables(connection)
        for rule in rules:
            faults.arm(connection, rule)
        scheduled = book.is_on(connection)
    app, rule_book = PaytraceApp(database, settings), FaultBook(database, SANDBOX)
    if not scheduled:
        return WireServer(settings.port, app, rule_book)
    return WireServer(settings.port, app, rule_book, ScheduledFaults(database).strike)
