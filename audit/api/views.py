"""The base of every view of the API: who calls, what they may, how much, and how errors look."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar, Final, cast

from django.conf import settings
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, Serializer
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from audit.acting import Someone
from audit.api.authentication import BearerKey, Session
from audit.api.idempotency import key_of, once
from audit.api.schema import Schema
from audit.roles import Duty, require
from audit.services import user_actor
from console.api import lists, problems
from console.filters import ListFilter
from console.keyset import Order
from console.rate import Rates

#: Largest body of a call that says nothing else.
MOST_BYTES: Final = 64 * 1024
_rates = Rates()


class HasDuty(BasePermission):
    """The view's duty; a denied attempt is recorded."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not request.user.is_authenticated:
            return False
        require(request.user, getattr(view, "duty", Duty.VIEW), ("api", request.path[:200]))
        return True


class RateOfCaller(BaseThrottle):
    """So many calls a minute of one key or person, in each web process; a store of its own."""

    _wait = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        per_second = settings.TIEOUT_API_CALLS_PER_MINUTE / 60
        self._wait = _rates.take(user_actor(request.user), per_second, time.monotonic())
        return not self._wait

    def wait(self) -> float:
        return math.ceil(self._wait)


class ApiView(APIView):
    """JSON in, JSON out, problem details for everything that is refused.

    `duty` is what the caller must be trusted with; `query_names` are the parameters there are.
    """

    authentication_classes: Any = (BearerKey, Session)
    permission_classes: Any = (HasDuty,)
    throttle_classes: Any = (RateOfCaller,)
    renderer_classes: Any = (JSONRenderer,)
    parser_classes: Any = (JSONParser,)
    http_method_names = ["get", "head"]
    schema: Any = Schema()
    duty: ClassVar[Duty] = Duty.VIEW
    most_bytes: ClassVar[int] = MOST_BYTES

    @property
    def caller(self) -> Someone:
        """Who calls: nobody gets so far without a key or a session."""
        return cast("Someone", self.request.user)

    def get_exception_handler(self) -> Callable[..., Any]:
        return problems.handle

    def query_names(self) -> Collection[str]:
        return ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.require_size(request)
        super().initial(request, *args, **kwargs)
        lists.require_known(request.query_params, self.query_names())

    def check_permissions(self, request: Request) -> None:
        """Whoever is known is counted first: each refusal of a duty writes an entry."""
        if request.user.is_authenticated:
            super().check_throttles(request)
        super().check_permissions(request)

    def check_throttles(self, request: Request) -> None:
        """Who is not known, where that opens anything at all; others are counted already."""
        if not request.user.is_authenticated:
            super().check_throttles(request)

    def require_size(self, request: Request) -> None:
        """Before anything reads the body: a larger one is not taken in."""
        given = request.META.get("CONTENT_LENGTH") or "0"
        if given.isascii() and given.isdigit() and int(given) > self.most_bytes:
            raise problems.ProblemError(
                "too-large", f"At most {self.most_bytes} bytes are taken here."
            )

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        found = super().finalize_response(request, response, *args, **kwargs)
        found.headers.setdefault("Cache-Control", "no-store")
        return found


class ListView(ApiView):
    """A list by keyset. Subclasses say which rows, which filter, which order, how a row looks."""

    filter_class: ClassVar[type[ListFilter] | None] = None
    order: ClassVar[Order] = Order("id")
    serializer_class: ClassVar[type[BaseSerializer[Any]]]

    def rows(self) -> QuerySet[Any]:
        raise NotImplementedError

    def query_names(self) -> Collection[str]:
        filters = self.filter_class.base_filters if self.filter_class else ()
        return (*filters, *lists.PAGING)

    def get(self, request: Request, **kwargs: Any) -> Response:
        query = request.query_params
        found = lists.selected(query, self.filter_class, self.rows())
        page = lists.page_of(query, found, self.order)
        return Response(
            {
                "data": self.serializer_class(page.rows, many=True).data,
                "next_cursor": page.next_cursor or None,
                "previous_cursor": page.previous_cursor or None,
            }
        )


class DetailView(ApiView):
    """One row by its id."""

    serializer_class: ClassVar[type[BaseSerializer[Any]]]

    def rows(self) -> QuerySet[Any]:
        raise NotImplementedError

    def row(self, pk: int) -> Model:
        found: Model = get_object_or_404(self.rows(), pk=pk)
        return found

    def get(self, request: Request, pk: int) -> Response:
        return Response(self.serializer_class(self.row(pk)).data)


class WriteView(ApiView):
    """A call that changes something, once for an Idempotency-Key.

    Subclasses say what the body holds, what is looked up before, and what is done: `work` is one
    service call and leaves nothing half done when it refuses.
    """

    http_method_names = ["post"]
    body_class: ClassVar[type[Serializer[Any]] | None] = None
    answer_class: ClassVar[type[BaseSerializer[Any]]]
    status: ClassVar[int] = 200

    def post(self, request: Request, **kwargs: Any) -> HttpResponse:
        key_of(request)
        given = self.given(request)
        self.look(request, **kwargs)
        caller = user_actor(request.user)
        return once(
            request,
            caller,
            self.content(given),
            lambda: (self.status, self.work(given, caller, **kwargs)),
        )

    def given(self, request: Request) -> dict[str, Any]:
        """The body's values. Raises a problem for each wrong one and each that is not known."""
        known = self.body_class().fields if self.body_class else {}
        if not isinstance(request.data, Mapping):
            raise problems.ProblemError(
                "invalid-values", "Nothing was done.", {"body": ["It must be a JSON object."]}
            )
        unknown = {name: ["There is no such field."] for name in request.data if name not in known}
        if unknown:
            raise problems.ProblemError("invalid-values", "Nothing was done.", unknown)
        if self.body_class is None:
            return {}
        serializer = self.body_class(data=request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def content(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the Idempotency-Key is bound to, besides the address."""
        return given

    def look(self, request: Request, **kwargs: Any) -> None:
        """What must be there before anything is done, and duties beyond the view's own."""

    def work(self, given: Mapping[str, Any], actor: str, **kwargs: Any) -> Mapping[str, Any]:
        """Do it and answer what stands now. Refusals are ProblemErrors."""
        raise NotImplementedError


class NotThere(ApiView):
    """Every address below the API's root that is none, whatever the method."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    schema = None
    http_method_names = ["get", "head", "post", "put", "patch", "delete", "options", "trace"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Neither negotiation nor authentication: there is nothing to protect."""

    def get(self, request: Request, **kwargs: Any) -> Response:
        raise problems.ProblemError("not-found", "There is no such address in the API.")

    post = put = patch = delete = options = trace = get  # type: ignore[assignment]
