import json

import pytest
from django.core.signals import request_started
from django.test import RequestFactory

from config.entry import HookHandler, HookRequest, by_path
from integrations.api.webhook import WebhookView
from tests.wsgi import call


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("/hooks/shop/", b"hooks"),
        ("/hooks/", b"hooks"),
        ("/hooks", b"pages"),
        ("/", b"pages"),
        ("/connections/hooks/", b"pages"),
    ],
)
def test_the_path_says_which_entry_answers(path, entry):
    def answering(name):
        def application(environ, start):
            start("200 OK", [])
            return [name]

        return application

    status, content, _ = call(by_path(answering(b"pages"), answering(b"hooks")), {}, b"", path)
    assert (status, content) == (200, entry)


def test_a_webhook_passes_no_middleware_and_no_signals(settings):
    begun = []

    def note(**kwargs):
        begun.append(kwargs)

    request_started.connect(note)
    settings.MIDDLEWARE = ["nowhere.Middleware"]
    try:
        status, content, _ = call(HookHandler(), {}, b"")
    finally:
        request_started.disconnect(note)
    assert (status, begun) == (400, [])
    assert "webhook-id" in json.loads(content)["detail"]


def test_an_address_that_is_none_is_answered_in_json():
    status, content, _ = call(HookHandler(), {}, b"", "/hooks/shop/more/")
    assert (status, json.loads(content)) == (404, {"detail": "There is no such address."})


def test_a_fault_of_ours_is_answered_in_json(monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("a fault")

    monkeypatch.setattr(WebhookView, "initial", broken)
    status, content, _ = call(HookHandler(), {}, b"")
    assert (status, "Send it again" in json.loads(content)["detail"]) == (500, True)


def test_only_the_webhooks_addresses_are_behind_their_entry():
    request = HookRequest(RequestFactory().get("/hooks/shop/").environ)
    handler = HookHandler()
    assert handler.resolve_request(request).kwargs == {"slug": "shop"}
    status, _, _ = call(handler, {}, b"", "/connections/")
    assert status == 404


def test_the_server_runs_both_entries(db):
    from config.wsgi import application

    assert call(application, {}, b"")[0] == 400
    assert call(application, {}, b"", "/", REQUEST_METHOD="GET")[0] == 302
