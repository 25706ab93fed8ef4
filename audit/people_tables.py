"""Columns, formats and filters of the list of people."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString

from audit.roles import Role
from console import formats
from console.filters import ListFilter, choice, search
from console.keyset import Order
from console.tables import Column, Table


def roles_text(user: User) -> str:
    return ", ".join(sorted(group.name for group in user.groups.all()))


def state_tag(user: User) -> SafeString:
    if not user.is_active:
        return formats.tag("Locked out", "bad")
    return formats.tag("Active", "good") if user.has_usable_password() else formats.tag("Invited")


def state_text(user: User) -> str:
    if not user.is_active:
        return "locked out"
    return "active" if user.has_usable_password() else "invited"


def has_factor(user: Any) -> str:
    return "set up" if user.has_factor else "none"


PEOPLE: Final = Table[User](
    caption="People",
    order=Order("username", descending=False),
    card=("roles", "state"),
    columns=(
        Column(
            "username",
            "User name",
            lambda row: row.username,
            lambda row: formats.link(reverse("person", args=[row.pk]), row.username),
            sort="username",
        ),
        Column("email", "E-mail", lambda row: row.email, css="clip"),
        Column("roles", "Roles", roles_text),
        Column("state", "State", state_text, state_tag),
        Column("factor", "Second factor", has_factor),
        Column(
            "last_login",
            "Last log-in",
            lambda row: row.last_login,
            lambda row: formats.moment(row.last_login),
        ),
    ),
)


class PeopleFilter(ListFilter):
    q = search("Search", "User name", "by_name")
    role = choice("Role", [(role.value, role.value) for role in Role], field_name="groups__name")
    state = choice("State", [("active", "Active"), ("locked", "Locked out")], method="by_state")

    def by_name(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(username__startswith=value.strip())

    def by_state(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(is_active=value == "active")
