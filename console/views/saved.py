"""Keep a list as it stands under a name, and forget it again."""

from __future__ import annotations

from typing import cast
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import Resolver404, resolve

from console.access import Page
from console.fragments import answer
from console.models import SavedView

#: More than anybody finds again; a bound for the menu.
MOST_VIEWS = 30


class SavedViewForm(forms.Form):
    path = forms.CharField(max_length=100)
    query = forms.CharField(max_length=1000, required=False)
    name = forms.CharField(max_length=60, error_messages={"required": "Give the view a name."})

    def clean_path(self) -> str:
        """A page of ours: nothing else is ever linked from the menu."""
        path: str = self.cleaned_data["path"]
        try:
            resolve(path)
        except Resolver404 as error:
            raise forms.ValidationError("There is no such list.") from error
        return path

    def clean_query(self) -> str:
        """Filter, order and columns; never a page, whose cursor grows old."""
        pairs = parse_qsl(self.cleaned_data["query"].removeprefix("?"))
        return urlencode([(name, value) for name, value in pairs if name != "page"])


class Views(Page):
    """A person's views of one list, and the form that keeps another; the same name overwrites."""

    def get(self, request: HttpRequest) -> HttpResponse:
        form = SavedViewForm({**request.GET.dict(), "name": "-"})
        if not form.is_valid():
            raise Http404
        context = {
            "title": "Views",
            "path": form.cleaned_data["path"],
            "query": form.cleaned_data["query"],
            "views": SavedView.objects.filter(user=request.user.pk, path=form.cleaned_data["path"]),
        }
        return answer(request, "console/views.html", context, "views")

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SavedViewForm(request.POST)
        if not form.is_valid():
            for texts in form.errors.values():
                messages.error(request, " ".join(str(text) for text in texts))
            return redirect("dashboard" if "path" in form.errors else form.cleaned_data["path"])
        wanted = form.cleaned_data
        person = cast("User", request.user)
        mine = SavedView.objects.filter(user=person, path=wanted["path"])
        if not mine.filter(name=wanted["name"]).exists() and mine.count() >= MOST_VIEWS:
            messages.error(request, f"A list keeps {MOST_VIEWS} views; forget one first.")
            return redirect(wanted["path"])
        view, _ = SavedView.objects.update_or_create(
            user=person,
            path=wanted["path"],
            name=wanted["name"],
            defaults={"query": wanted["query"]},
        )
        messages.success(request, f"The view “{view.name}” is kept.")
        return redirect(view.url)


class ForgetView(Page):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        view = get_object_or_404(SavedView, pk=pk, user=request.user.pk)
        view.delete()
        messages.success(request, f"The view “{view.name}” is forgotten.")
        return redirect(view.path)
