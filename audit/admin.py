"""The audit log in the stock admin, to read."""

from django.contrib import admin

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
