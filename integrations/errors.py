"""What can go wrong at the edge, named by what to do next.

Connectors raise these and nothing else; each carries the vendor's own code, a redacted message
and the vendor's request id where there is one.
"""

from __future__ import annotations

from datetime import timedelta


class EdgeError(Exception):
    """A failure at the edge. `message` is already redacted and in words a person can act on."""

    #: Stable name of the kind of failure, kept with each attempt.
    kind = "internal"

    def __init__(self, message: str, *, code: str = "", request_id: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.request_id = request_id


class TransientError(EdgeError):
    """A read failed, or a write provably never left: back off and try again."""

    kind = "transient"


class ThrottledError(EdgeError):
    """The vendor asks to slow down: pause the whole connection."""

    kind = "throttled"

    def __init__(
        self,
        message: str,
        *,
        retry_after: timedelta | None = None,
        code: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(message, code=code, request_id=request_id)
        self.retry_after = retry_after


class AuthError(EdgeError):
    """Credentials are refused: renew once, then pause the connection and alert."""

    kind = "auth"


class RejectedError(EdgeError):
    """Understood and refused: a person has to look. `field` names the culprit if known."""

    kind = "rejected"

    def __init__(
        self, message: str, *, field: str = "", code: str = "", request_id: str = ""
    ) -> None:
        super().__init__(message, code=code, request_id=request_id)
        self.field = field


class DuplicateError(EdgeError):
    """Already there: compare the amounts, then link."""

    kind = "duplicate"

    def __init__(
        self, message: str, *, existing_ref: str, code: str = "", request_id: str = ""
    ) -> None:
        super().__init__(message, code=code, request_id=request_id)
        self.existing_ref = existing_ref


class OutcomeUnknownError(EdgeError):
    """A write began and has no explicit answer: look it up before anything else."""

    kind = "unknown"


class ConfigError(EdgeError):
    """A setting or mapping is missing: park, and name the setting."""

    kind = "config"

    def __init__(self, message: str, *, setting: str, code: str = "") -> None:
        super().__init__(message, code=code)
        self.setting = setting


class UnreadableError(EdgeError):
    """A whole document cannot be parsed (a single record is an `Unreadable`, not an error)."""

    kind = "unreadable"
