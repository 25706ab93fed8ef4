"""A page for a setting that changes by two persons: what is in force, a form, and its history."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from audit.roles import may, require
from integrations.change_words import lines_of
from integrations.pages import DutyPage
from integrations.services import connection_changes
from integrations.services.connection_changes import ChangeError
from integrations.services.setting_changes import Setting

HISTORY_SHOWN = 20


class SettingForm(forms.Form):
    """The apps above add the setting's own fields; the reason comes last."""

    reason = forms.CharField(
        label="Why", max_length=300, error_messages={"required": "Say why: others will read it."}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields([name for name in self.fields if name != "reason"])

    def values(self) -> dict[str, Any]:
        """All of the setting's values, JSON-plain; call when it is valid."""
        raise NotImplementedError


class SettingPage(DutyPage):
    """`template_name` extends integrations/setting.html with what explains the setting."""

    setting: ClassVar[Setting]
    template_name: ClassVar[str]

    @abstractmethod
    def heading(self) -> str: ...

    @abstractmethod
    def form(self, data: Any = None) -> SettingForm: ...

    def key(self) -> str:
        return ""

    def about(self) -> dict[str, Any]:
        """What else the page shows."""
        return {}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._show(request, self.form(), 200)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        require(request.user, self.setting.propose, ("setting", self.setting.subject(self.key())))
        form = self.form(request.POST)
        if not form.is_valid():
            return self._show(request, form, 422)
        title = f"Change of {self.heading()[:1].lower()}{self.heading()[1:]}"
        values, reason = form.values(), form.cleaned_data["reason"]
        try:
            change = connection_changes.propose_setting(
                self.user, self.setting, self.key(), title, values, reason
            )
        except ChangeError as error:
            form.add_error(None, str(error))
            return self._show(request, form, 422)
        messages.success(request, "It waits for a second person; until then nothing changes.")
        return HttpResponseRedirect(reverse("connection-change", args=[change.pk]))

    def _show(self, request: HttpRequest, form: SettingForm, status: int) -> HttpResponse:
        setting, key = self.setting, self.key()
        history = list(connection_changes.history_of(setting, key)[:HISTORY_SHOWN])
        standing = setting.lines({}, setting.standing(key))
        context = {
            "title": self.heading(),
            "standing": [(label, said) for label, _, said in standing],
            "form": form,
            "may_change": may(request.user, setting.propose),
            "waits": connection_changes.waits_for(setting, key),
            "history": [(change, lines_of(change)) for change in history],
        } | self.about()
        return render(request, self.template_name, context, status=status)
