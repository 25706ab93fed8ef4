"""People: the list, one person, invitations, and what waits for a second administrator."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from audit import people, sessions
from audit.models import AccessChange, SignedIn
from audit.models.access_change import AccessChangeState
from audit.pages import DutyPage
from audit.people_forms import InviteForm, RolesForm
from audit.people_tables import PEOPLE, PeopleFilter, state_tag
from audit.role_words import ROLES, duty_words
from audit.roles import ROLE_DUTIES, Duty, may
from console.access import Page
from console.filters import ListFilter
from console.views import ListPage

WRONG = 422


def me(request: HttpRequest) -> User:
    return cast("User", request.user)


class AdminPage(DutyPage):
    duty = Duty.MANAGE_USERS


class PeopleList(AdminPage, ListPage):
    title = "People"
    table = PEOPLE
    filter_class = PeopleFilter
    template_name = "audit/people.html"
    empty = "Invite the first person."

    def rows(self) -> QuerySet[User]:
        app = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        return User.objects.prefetch_related("groups").annotate(has_factor=Exists(app))

    def context(
        self, request: HttpRequest, selection: ListFilter, current: Any = None
    ) -> dict[str, Any]:
        found = super().context(request, selection, current)
        waiting = AccessChange.objects.filter(state=AccessChangeState.WAITING)
        found["waiting"] = list(waiting.select_related("user", "asked_by").order_by("asked_at"))
        return found


class Invite(AdminPage):
    """A new person; the link to set the password is shown once."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(request, InviteForm(), 200)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = InviteForm(request.POST)
        if not form.is_valid():
            return self.page(request, form, WRONG)
        given = form.cleaned_data
        try:
            user, changed = people.invite(
                me(request), given["username"], given["email"], form.chosen()
            )
        except people.PeopleError as error:
            form.add_error("username", str(error))
            return self.page(request, form, WRONG)
        return link_page(request, user, people.link_path(user), changed)

    def page(self, request: HttpRequest, form: InviteForm, status: int) -> HttpResponse:
        context = {"title": "Invite a person", "form": form}
        return render(request, "audit/invite.html", context, status=status)


class Person(AdminPage):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return person_page(request, get_object_or_404(User, pk=pk))


class ChangeRoles(AdminPage):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = get_object_or_404(User, pk=pk)
        form = RolesForm(request.POST)
        if not form.is_valid():
            return person_page(request, user, form, WRONG)
        try:
            changed = people.change_roles(me(request), user, form.chosen())
        except people.PeopleError as error:
            form.add_error("roles", str(error))
            return person_page(request, user, form, WRONG)
        for done in changed.done:
            messages.success(request, f"{user.username}: {done}.")
        if changed.waiting:
            messages.warning(
                request, f"Another administrator has to approve: {changed.waiting.in_words}."
            )
        return back(user)


class PersonAction(AdminPage):
    """One thing to be done about a person; the address names it."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        user = get_object_or_404(User, pk=pk)
        try:
            if name == "link":
                if path := people.ask_for_link(me(request), user):
                    return link_page(request, user, path)
                messages.warning(request, "Another administrator has to approve the link.")
            else:
                messages.success(request, self.do(name, me(request), user))
        except people.PeopleError as error:
            return person_page(request, user, problem=str(error), status=WRONG)
        return back(user)

    def do(self, name: str, actor: User, user: User) -> str:
        if name == "deactivate":
            people.deactivate(actor, user)
            return f"{user.username} is locked out and every session has ended."
        if name == "activate":
            people.activate(actor, user)
            return f"{user.username} can log in again."
        if name == "second-factor":
            removed = people.remove_second_factor(actor, user)
            return "The app was removed." if removed else "There was no app to remove."
        return f"{people.end_sessions(actor, user)} session(s) ended."


class Decide(AdminPage):
    """Approve or refuse what another administrator asked for."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int, verdict: str) -> HttpResponse:
        change = get_object_or_404(AccessChange.objects.select_related("user", "asked_by"), pk=pk)
        try:
            if verdict == "refuse":
                people.refuse(me(request), change)
                messages.success(request, "It was refused; nothing changed.")
            elif path := people.approve(me(request), change):
                return link_page(request, change.user, path)
            else:
                messages.success(request, f"{change.user.username}: {change.in_words}, done.")
        except people.PeopleError as error:
            return person_page(request, change.user, problem=str(error), status=WRONG)
        return back(change.user)


class EndSession(Page):
    """One's own session, or with the duty for it anybody's."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = SignedIn.objects.select_related("user").filter(pk=pk).first()
        url = reverse("profile")
        if found is None:
            messages.info(request, "This session had ended already.")
        else:
            sessions.end(found, me(request))
            messages.success(request, "The session has ended.")
            if found.user_id != me(request).pk:
                url = reverse("person", args=[found.user_id])
        return HttpResponseRedirect(url)


class Roles(DutyPage):
    """What each role may do, from the table that the code itself asks."""

    def get(self, request: HttpRequest) -> HttpResponse:
        duties = [
            (duty_words(duty), [(role.value, duty in held) for role, held in ROLE_DUTIES.items()])
            for duty in Duty
        ]
        context = {
            "title": "Roles",
            "roles": [(role.value, ROLES[role]) for role in ROLE_DUTIES],
            "duties": duties,
        }
        return render(request, "audit/roles.html", context)


def back(user: User) -> HttpResponse:
    return HttpResponseRedirect(reverse("person", args=[user.pk]))


def link_page(
    request: HttpRequest, user: User, path: str, changed: people.Changed | None = None
) -> HttpResponse:
    context = {
        "title": f"Link for {user.username}",
        "person": user,
        "link": request.build_absolute_uri(path),
        "changed": changed,
    }
    response = render(request, "audit/password_link.html", context)
    response["Cache-Control"] = "no-store"
    return response


def person_page(
    request: HttpRequest,
    user: User,
    form: RolesForm | None = None,
    status: int = 200,
    problem: str = "",
) -> HttpResponse:
    waiting = AccessChange.objects.filter(user=user, state=AccessChangeState.WAITING)
    context = {
        "title": user.username,
        "person": user,
        "state": state_tag(user),
        "form": form or RolesForm(initial={"roles": [role.value for role in people.held(user)]}),
        "problem": problem,
        "is_me": user.pk == me(request).pk,
        "waiting": list(waiting.select_related("asked_by", "user")),
        "device": TOTPDevice.objects.filter(user=user, confirmed=True).first(),
        "sessions": [(each, sessions.device_words(each.agent)) for each in sessions.live(user)],
        "may_view_audit": may(request.user, Duty.VIEW_AUDIT),
    }
    return render(request, "audit/person.html", context, status=status)
