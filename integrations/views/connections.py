"""Connections with their health, what is set up of them, and what one person may do at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from audit.roles import Duty, may
from console import formats
from console.fragments import answer
from integrations.change_words import NAMES, setting_labels, text_of
from integrations.choices import ChangeState
from integrations.clock import business_now, wall_now
from integrations.connection_forms import OperationForm, ReasonForm
from integrations.health import all_health, health_of
from integrations.models import Connection, ConnectionDraft, Envelope, Pair
from integrations.options import describe
from integrations.pages import DutyPage
from integrations.registry import CONNECTORS
from integrations.services import (
    connection_check,
    connection_drafts,
    connection_operation,
    vault,
)
from integrations.services.connection_changes import ChangeError

ENVELOPES_SHOWN = 12


class ConnectionList(DutyPage):
    """Health of all, the pairs that they form, and the reader's own unfinished forms."""

    def get(self, request: HttpRequest) -> HttpResponse:
        now = business_now()
        drafts = ConnectionDraft.objects.filter(owner=self.user).defer("ciphertext", "checks")
        may_manage = may(request.user, Duty.MANAGE_CONNECTIONS)
        context = {
            "title": "Connections",
            "rows": [(each, formats.ago_text(each.newest, now)) for each in all_health(wall_now())],
            "pairs": list(Pair.objects.select_related("gateway", "erp", "bank").order_by("name")),
            "may_manage": may_manage,
            "drafts": [
                (each, CONNECTORS[each.connector].label, f"connection-draft-{each.next_step}")
                for each in (drafts if may_manage else ())
            ],
        }
        return render(request, "integrations/connections.html", context)


class ConnectionDetail(DutyPage):
    """Health, settings, pulls, pairs, and the newest envelopes without their bytes."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        connection = connection_of(pk)
        return connection_page(request, connection)


def connection_of(pk: int) -> Connection:
    return get_object_or_404(Connection.objects.prefetch_related("pulls"), pk=pk)


def connection_page(
    request: HttpRequest, connection: Connection, status: int = 200, **forms: Any
) -> HttpResponse:
    now = wall_now()
    health = health_of(connection, now)
    secrets = secrets_of(connection)
    pairs = Pair.objects.select_related("gateway", "erp", "bank").order_by("name")
    context = {
        "title": connection.name,
        "connection": connection,
        "health": health,
        "is_resting": bool(connection.paused_until and connection.paused_until > now),
        "age": formats.ago_text(health.newest, business_now()),
        "may_open_envelopes": may(request.user, Duty.VIEW_ENVELOPES),
        "may_manage": may(request.user, Duty.MANAGE_CONNECTIONS),
        "pairs": [
            pair
            for pair in pairs
            if connection.pk in (pair.gateway_id, pair.erp_id, pair.bank_id, pair.orders_id)
        ],
        "settings": settings_of(connection),
        "secrets": secrets,
        "asks_secrets": connection.connector in CONNECTORS
        and connection_drafts.asks_secrets(connection.connector),
        "announces": any(each["name"] == vault.WEBHOOK_SECRET for each in secrets),
        "hook": reverse("webhook", args=[connection.slug]),
        "waits": connection.changes.filter(state=ChangeState.WAITING).first(),
        "pause_form": ReasonForm(must=True),
        "operation_form": OperationForm(connection),
        "envelopes": list(
            Envelope.objects.filter(connection=connection)
            .defer("body", "headers", "guard_findings")
            .order_by("-id")[:ENVELOPES_SHOWN]
        ),
    } | forms
    return render(request, "integrations/connection.html", context, status=status)


def settings_of(connection: Connection) -> list[tuple[str, str]]:
    """What is set, by label; what is as by default is left out. Secrets are none of these."""
    info = CONNECTORS.get(connection.connector)
    names = [each for each in describe(info.settings_class) if not each.secret] if info else []
    found = [
        (each.label, text_of(connection.settings[each.name]))
        for each in names
        if each.name in connection.settings
    ]
    if connection.resend_absent_after_minutes is not None:
        label = NAMES["resend_absent_after_minutes"]
        found.append((label, str(connection.resend_absent_after_minutes)))
    return found


def secrets_of(connection: Connection) -> list[dict[str, Any]]:
    """That there is a secret, since when and by whom: never the secret."""
    labels = setting_labels(connection.connector)
    rows = connection.credentials.defer("ciphertext", "old_ciphertext").order_by("name")
    return [
        {
            "name": row.name,
            "label": labels.get(row.name, row.name),
            "set_at": row.set_at,
            "set_by": row.set_by.removeprefix("user:"),
            "has_old": bool(row.old_key_id),
            "old_set_at": row.old_set_at,
        }
        for row in rows
    ]


class ActPage(DutyPage):
    """Something that one person may do at once; the services record it."""

    duty = Duty.MANAGE_CONNECTIONS
    http_method_names = ["post"]

    def act(
        self, request: HttpRequest, connection: Connection, done: str, work: Callable[[], object]
    ) -> HttpResponse:
        try:
            work()
        except ChangeError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, done)
        return HttpResponseRedirect(reverse("connection", args=[connection.pk]))


class Test(ActPage):
    """Asks the vendor now; answers in place."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        connection = connection_of(pk)
        connection_check.test(self.user, connection)
        context = {"connection": connection, "may_manage": True}
        if request.headers.get("HX-Target") != "checks":
            return HttpResponseRedirect(reverse("connection", args=[pk]))
        return answer(request, "integrations/connection.html", context, "checks")


class Pause(ActPage):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        connection = connection_of(pk)
        form = ReasonForm(request.POST, must=True)
        if not form.is_valid():
            return connection_page(request, connection, 422, pause_form=form)
        reason, pause = form.cleaned_data["reason"], connection_operation.pause
        done = f"{connection.name} is paused: nothing is read from it or sent to it."
        return self.act(request, connection, done, lambda: pause(self.user, connection, reason))


class Resume(ActPage):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        connection, resume = connection_of(pk), connection_operation.resume
        done = f"{connection.name} works again, from where it stopped."
        return self.act(request, connection, done, lambda: resume(self.user, connection))


class Operation(ActPage):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        connection = connection_of(pk)
        form = OperationForm(connection, request.POST)
        if not form.is_valid():
            return connection_page(request, connection, 422, operation_form=form)
        change, given = connection_operation.set_operation, form.cleaned_data
        every = form.every_minutes()
        work = lambda: change(self.user, connection, given, every)  # noqa: E731
        return self.act(request, connection, "Kept, and in force at once.", work)


class RetireSecret(ActPage):
    def post(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        connection, retire = connection_of(pk), connection_operation.retire_secret
        done = "The old secret is no longer accepted."
        return self.act(request, connection, done, lambda: retire(self.user, connection, name))
