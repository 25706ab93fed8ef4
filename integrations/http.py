"""The only HTTP client: timeouts, body limit, address guard, and failures named by what they mean.

A read that fails may simply be done again. A write is different: once the request may have left,
anything but an explicit answer is `OutcomeUnknownError`, and only failures that provably came
before are `TransientError`. Nothing that goes into a message or a log shows a secret.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx

from integrations.addresses import GuardedTransport, refuse_unsafe_url
from integrations.errors import (
    AuthError,
    ConfigError,
    EdgeError,
    OutcomeUnknownError,
    RejectedError,
    ThrottledError,
    TransientError,
    UnreadableError,
)
from integrations.redactor import Redactor

logger = logging.getLogger(__name__)
# Their own lines would carry full addresses and headers past the redaction below.
for _chatty in ("httpx", "httpcore"):
    logging.getLogger(_chatty).setLevel(logging.WARNING)

DEFAULT_BODY_LIMIT: Final = 50 * 1024 * 1024
LONGEST_RETRY_AFTER: Final = timedelta(days=1)
REQUEST_ID_HEADERS: Final = ("x-request-id", "request-id", "x-ms-request-id")
#: Raised before a byte of the request can have left: name look-up, refused, TLS, no free socket.
NEVER_LEFT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
#: An explicit no: nothing was done. Any other status leaves a write in doubt.
REFUSALS: Final = frozenset({400, 404, 405, 406, 409, 410, 411, 412, 413, 414, 415, 422, 428})


def vendors_now(date: str, ours: datetime) -> datetime:
    """The vendor's own clock as its `Date` header shows it, else ours.

    A moment to come back at is meant by that clock, which may be far from ours.
    """
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return ours
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `total` bounds the whole answer, however slowly it drips."""

    connect: float = 5.0
    read: float = 60.0
    write: float = 30.0
    pool: float = 10.0
    total: float = 300.0


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer. The body stays out of `repr`: it may hold anything."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    request_id: str = ""


def _now() -> datetime:
    return datetime.now(UTC)


def retry_after_of(value: str, now: datetime) -> timedelta | None:
    """The pause a `Retry-After` header asks for, given in seconds or as an HTTP date."""
    text = value.strip()
    if text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(moment - now, timedelta(0)), LONGEST_RETRY_AFTER)


class HttpClient:
    """One vendor's HTTP connection, kept alive.

    `base_url` is the vendor's root. `sandbox` allows plain http and private addresses.
    `on_request` is called before every request and may raise ThrottledError: the request budget.
    `accept` of a call names statuses below 500 that the caller reads itself.
    """

    def __init__(
        self,
        base_url: str,
        *,
        sandbox: bool = False,
        redactor: Redactor | None = None,
        timeouts: Timeouts | None = None,
        body_limit: int = DEFAULT_BODY_LIMIT,
        on_request: Callable[[], None] | None = None,
        transport: httpx.BaseTransport | None = None,
        now: Callable[[], datetime] = _now,
    ) -> None:
        refuse_unsafe_url(base_url, sandbox=sandbox)
        self.redactor = redactor or Redactor()
        self._timeouts = timeouts or Timeouts()
        self._body_limit = body_limit
        self._on_request = on_request
        self._now = now
        wanted = self._timeouts
        self._client = httpx.Client(
            base_url=base_url,
            transport=transport or GuardedTransport(sandbox=sandbox),
            timeout=httpx.Timeout(
                connect=wanted.connect, read=wanted.read, write=wanted.write, pool=wanted.pool
            ),
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "Tieout", "Accept": "application/json"},
        )

    def __repr__(self) -> str:
        return f"HttpClient({self._client.base_url.host!r})"

    def close(self) -> None:
        self._client.close()

    def read(
        self,
        method: str,
        path: str,
        *,
        json: object | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: frozenset[int] = frozenset(),
    ) -> Reply:
        """A request that changes nothing at the vendor, whatever its method.

        Raises: TransientError, ThrottledError, AuthError, RejectedError, UnreadableError.
        """
        return self._call(method, path, False, accept, json=json, data=form, headers=headers)

    def write(
        self,
        method: str,
        path: str,
        *,
        json: object | None = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        accept: frozenset[int] = frozenset(),
    ) -> Reply:
        """A request that changes something at the vendor.

        Raises: TransientError only if it never left; OutcomeUnknownError without an explicit
        answer; ThrottledError, AuthError, RejectedError for an explicit no.
        """
        return self._call(
            method, path, True, accept, json=json, data=form, content=content, headers=headers
        )

    def _call(
        self, method: str, path: str, writes: bool, accept: frozenset[int], **parts: Any
    ) -> Reply:
        if self._on_request is not None:
            self._on_request()
        began = time.monotonic()
        try:
            reply = self._exchange(method, path, writes, began, **parts)
        except EdgeError:
            raise
        except httpx.HTTPError as error:
            raise self._transport_failure(method, path, writes, began, error) from None
        self._log(method, path, str(reply.status), began)
        if 200 <= reply.status < 300 or (reply.status < 500 and reply.status in accept):
            return reply
        raise self._status_failure(method, path, writes, reply)

    def _exchange(self, method: str, path: str, writes: bool, began: float, **parts: Any) -> Reply:
        with self._client.stream(method, path, **parts) as response:
            chunks: list[bytes] = []
            size = 0
            for chunk in response.iter_bytes():
                size += len(chunk)
                if size > self._body_limit:
                    raise self._too_much(path, writes)
                if time.monotonic() - began > self._timeouts.total:
                    raise httpx.ReadTimeout("the answer took too long")
                chunks.append(chunk)
            headers = {name.lower(): value for name, value in response.headers.items()}
            request_id = next((headers[n] for n in REQUEST_ID_HEADERS if n in headers), "")
            return Reply(response.status_code, headers, b"".join(chunks), request_id)

    def _too_much(self, path: str, writes: bool) -> EdgeError:
        text = f"The answer of {self._where(path)} is larger than {self._body_limit} bytes."
        return OutcomeUnknownError(text) if writes else UnreadableError(text)

    def _transport_failure(
        self, method: str, path: str, writes: bool, began: float, error: httpx.HTTPError
    ) -> EdgeError:
        self._log(method, path, type(error).__name__, began)
        why = self.redactor.clean(str(error)) or type(error).__name__
        where = self._where(path)
        if isinstance(error, NEVER_LEFT):
            return TransientError(f"{where} cannot be reached: {why}")
        if isinstance(error, httpx.UnsupportedProtocol):
            return ConfigError(f"{where} is not an address: {why}", setting="base_url")
        if writes:
            return OutcomeUnknownError(f"{where} gave no complete answer to a write: {why}")
        return TransientError(f"{where} gave no complete answer: {why}")

    def _status_failure(self, method: str, path: str, writes: bool, reply: Reply) -> EdgeError:
        status, request_id = reply.status, reply.request_id
        code = str(status)
        said = self.redactor.excerpt(reply.body)
        text = f"{self._where(path)} answered {status}: {said}"
        if status == 429:
            theirs = vendors_now(reply.headers.get("date", ""), self._now())
            pause = retry_after_of(reply.headers.get("retry-after", ""), theirs)
            return ThrottledError(text, retry_after=pause, code=code, request_id=request_id)
        if status in (401, 403):
            return AuthError(text, code=code, request_id=request_id)
        if status in REFUSALS:
            return RejectedError(text, code=code, request_id=request_id)
        if writes:
            return OutcomeUnknownError(text, code=code, request_id=request_id)
        if status >= 500 or status in (408, 425):
            return TransientError(text, code=code, request_id=request_id)
        return RejectedError(text, code=code, request_id=request_id)

    def _where(self, path: str) -> str:
        """Host and path without the query, in which a vendor may want a secret."""
        return self.redactor.clean(f"{self._client.base_url.host}{path.split('?', 1)[0]}")

    def _log(self, method: str, path: str, end: str, began: float) -> None:
        took = (time.monotonic() - began) * 1000
        logger.debug("%s %s: %s in %.0f ms", method, self._where(path), end, took)
