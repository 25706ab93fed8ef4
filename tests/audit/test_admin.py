"""The stock admin shows the audit log and edits nothing."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import RequestFactory

from audit.models import ChainLink, Checkpoint, Entry


@pytest.mark.parametrize("model", [Entry, ChainLink, Checkpoint])
def test_a_superuser_may_look_and_not_touch(model: type) -> None:
    request = RequestFactory().get("/")
    request.user = User(username="root", is_superuser=True, is_active=True, is_staff=True)
    shown = admin.site._registry[model]
    assert shown.has_view_permission(request)
    assert not shown.has_add_permission(request)
    assert not shown.has_change_permission(request)
    assert not shown.has_delete_permission(request)
    assert shown.get_actions(request) == {}
