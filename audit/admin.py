"""The audit log in the stock admin, to read; and people, whose access the product itself changes.

Whoever could give roles here would need no second person. Devices of the second factor are not
shown at all.
"""

from typing import Any

import django_otp.plugins.otp_static.admin
import django_otp.plugins.otp_totp.admin  # noqa: F401  (both are registered before they are taken off)
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from audit.models import ChainLink, Checkpoint, Entry
from audit.read_only_admin import ReadOnlyAdmin


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin, admin.ModelAdmin[Entry]):
    """Entries, newest first."""

    list_display = ("id", "recorded_at", "actor", "action", "subject_type", "subject_id", "summary")
    list_filter = ("action",)
    search_fields = ("=subject_id", "actor")
    ordering = ("-id",)
    show_full_result_count = False


@admin.register(ChainLink)
class ChainLinkAdmin(ReadOnlyAdmin, admin.ModelAdmin[ChainLink]):
    """Links, newest first."""

    list_display = ("position", "entry_id", "hash")
    ordering = ("-position",)
    show_full_result_count = False


@admin.register(Checkpoint)
class CheckpointAdmin(ReadOnlyAdmin, admin.ModelAdmin[Checkpoint]):
    """Checkpoints, newest first."""

    list_display = ("position", "sealed_at", "entries", "through_id", "hash")
    ordering = ("-position",)
    show_full_result_count = False


for _model in (User, Group, TOTPDevice, StaticDevice):
    admin.site.unregister(_model)


@admin.register(User)
class PersonAdmin(ReadOnlyAdmin, UserAdmin[User]):
    """People, without their passwords."""

    fieldsets = (
        (None, {"fields": ("username", "email", "is_active", "is_staff", "is_superuser")}),
        ("Access", {"fields": ("groups", "last_login", "date_joined")}),
    )

    def get_urls(self) -> list[Any]:
        """Without the page that sets another person's password."""
        return [each for each in super().get_urls() if each.name != "auth_user_password_change"]


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin, GroupAdmin):
    """Roles; their duties stand in the code."""
