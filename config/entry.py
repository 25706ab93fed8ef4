"""Two entries behind one address: webhooks past all that only browsers need, and everything else.

What a webhook skips: sessions, cookies, CSRF, log-in and lock-out, pages' headers, static files,
and Django's signals around a request, which would check the database session once more for each.
docs/decisions/0016-webhooks-have-an-entry-of-their-own.md says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final

from django.core.handlers.exception import response_for_exception
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.urls import ResolverMatch, get_resolver, set_urlconf
from django.utils.log import log_response

#: Paths that begin so are webhooks.
HOOKS: Final = "/hooks/"

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class HookRequest(WSGIRequest):
    urlconf = "config.hooks_urls"


class HookHandler(WSGIHandler):
    """Django's handler without middleware, transactions and the signals around a request.

    The view keeps its database session itself (`integrations.services.webhooks`), which is the
    one thing those signals would do here.
    """

    request_class = HookRequest

    def load_middleware(self, is_async: bool = False) -> None:
        """There is none."""

    def get_response(self, request: HttpRequest) -> HttpResponse:
        """As Django's: what the view answers, and what it raises as the answer to that."""
        try:
            match = self.resolve_request(request)
            response = match.func(request, *match.args, **match.kwargs)
            if isinstance(response, SimpleTemplateResponse):
                response.render()
        except Exception as error:  # noqa: BLE001  (it is logged and answered, by Django's own)
            response = _answer_to(request, error)
        assert isinstance(response, HttpResponse)
        if response.status_code >= 400:
            log_response(
                "%s: %s",
                response.reason_phrase,
                request.path,
                response=response,
                request=request,
            )
        return response

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """As Django's; the same few paths are asked for again and again."""
        request.resolver_match = match = _match(request.path_info)
        return match

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:  # type: ignore[override]
        response = self.get_response(self.request_class(environ))
        start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        return [response.content]


def _answer_to(request: HttpRequest, error: Exception) -> HttpResponse:
    """The answer that the webhooks' own table of addresses has for an error."""
    set_urlconf(HookRequest.urlconf)
    try:
        return response_for_exception(request, error)
    finally:
        set_urlconf(None)  # whoever uses this thread next knows all addresses again


@lru_cache(maxsize=256)
def _match(path: str) -> ResolverMatch:
    return get_resolver(HookRequest.urlconf).resolve(path)


def by_path(pages: Application, hooks: Application) -> Application:
    """One application of both. Mounted under a prefix, the path without it counts."""

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        is_hook = environ.get("PATH_INFO", "").startswith(HOOKS)
        return (hooks if is_hook else pages)(environ, start_response)

    return application
