"""Calling the wrappers, one document after the other, with an outcome for each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from integrations.canonical import BatchPostDraft, DocumentKind, Outcome, OutcomeStatus
from integrations.connectors.sage500.answers import outcome_of
from integrations.connectors.sage500.builder import Call, Refusal, build_call
from integrations.connectors.sage500.client import Sage500Client
from integrations.connectors.sage500.errors import fault_of, judge
from integrations.contracts import PostRequest
from integrations.errors import EdgeError, TransientError

logger = logging.getLogger(__name__)
GOOD: Final = frozenset({OutcomeStatus.DONE, OutcomeStatus.DUPLICATE})
LOST: Final = "connection_lost"


def post_all(
    client: Sage500Client,
    user_id: str,
    requests: Sequence[PostRequest],
    on_request: Callable[[], None] | None,
) -> list[Outcome]:
    """Each call is its own transaction. After a lost connection the next call takes a new one.

    A line that breaks twice without an answer in between is left alone: the rest is not sent.
    """
    if not requests:
        return []
    try:
        connection = client.connect()
    except SQLAlchemyError as error:
        words = f"Sage 500 cannot be reached: {client.words(error)}"
        fault = fault_of(error, words)
        return [_not_sent(request, "unreachable", words, fault) for request in requests]
    outcomes: list[Outcome] = []
    incomplete: set[str] = set()
    try:
        for request in requests:
            if _lost(outcomes[-1:]) and not _lost(outcomes[-2:-1]):
                connection = _again(client, connection)
            outcome = _next(client, connection, user_id, request, outcomes, incomplete, on_request)
            if outcome.status not in GOOD:
                incomplete.add(request.batch_ref)
            outcomes.append(outcome)
    finally:
        connection.close()
    return outcomes


def _lost(outcomes: Sequence[Outcome]) -> bool:
    return any(outcome.code == LOST for outcome in outcomes)


def _again(client: Sage500Client, broken: Connection) -> Connection:
    """A new connection, or the broken one, closed, when there is none to be had."""
    broken.close()
    try:
        return client.connect()
    except SQLAlchemyError:
        return broken


def _next(
    client: Sage500Client,
    connection: Connection,
    user_id: str,
    request: PostRequest,
    before: Sequence[Outcome],
    incomplete: set[str],
    on_request: Callable[[], None] | None,
) -> Outcome:
    if _lost(before[-1:]) and (connection.closed or _lost(before[-2:-1])):
        return _not_sent(request, LOST, "The connection to Sage 500 was lost before this document.")
    if isinstance(request.draft, BatchPostDraft) and request.batch_ref in incomplete:
        words = "A document of the batch was not entered, so the batch was not posted."
        return _not_sent(request, "batch_incomplete", words)
    try:
        if on_request is not None:
            on_request()
        call = build_call(request, user_id)
    except Refusal as refusal:
        return Outcome(
            request.key, OutcomeStatus.REFUSED, code=refusal.code, message=refusal.message
        )
    except EdgeError as error:
        return _not_sent(request, error.kind, error.message, error)
    except Exception:
        logger.exception("A draft cannot be written as a call to Sage 500.")
        return Outcome(
            request.key,
            OutcomeStatus.REFUSED,
            code="internal",
            message="The document could not be prepared for Sage 500; nothing was sent.",
        )
    return _send(client, connection, request, call)


def _send(
    client: Sage500Client, connection: Connection, request: PostRequest, call: Call
) -> Outcome:
    """From here on only an explicit answer tells whether the document is there."""
    try:
        return outcome_of(request, call, client.call(connection, call))
    except DBAPIError as error:
        several = request.draft.kind is DocumentKind.BATCH_POST
        status, code = judge(error, several_steps=several)
        fault = TransientError(client.words(error), code=code) if code == LOST else None
        return Outcome(request.key, status, code=code, message=client.words(error), error=fault)
    except Exception as error:
        logger.exception("Sage 500's answer to a call could not be read.")
        words = f"Sage 500's answer could not be read: {client.words(error)}"
        return Outcome(request.key, OutcomeStatus.UNKNOWN, code="internal", message=words)


def _not_sent(
    request: PostRequest, code: str, words: str, fault: EdgeError | None = None
) -> Outcome:
    return Outcome(request.key, OutcomeStatus.NOT_SENT, code=code, message=words, error=fault)
