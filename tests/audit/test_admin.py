"""The stock admin shows the audit log and edits nothing."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import RequestFactory
from django_q.models import Failure, OrmQ, Schedule, Success

from audit.models import ChainLink, Checkpoint, Entry

#: What proves, and what makes a worker run code.
SHOWN = [Entry, ChainLink, Checkpoint, Schedule, OrmQ, Success, Failure]


@pytest.mark.parametrize("model", SHOWN)
def test_a_superuser_may_look_and_not_touch(model: type) -> None:
    request = RequestFactory().get("/")
    request.user = User(username="root", is_superuser=True, is_active=True, is_staff=True)
    shown = admin.site._registry[model]
    assert shown.has_view_permission(request)
    assert not shown.has_add_permission(request)
    assert not shown.has_change_permission(request)
    assert not shown.has_delete_permission(request)
    assert shown.get_actions(request) == {}


def test_a_superuser_schedules_no_code_of_their_own(admin_client) -> None:
    given = {"name": "mine", "func": "os.system", "args": "'true'", "schedule_type": "O"}
    assert admin_client.post("/system/django_q/schedule/add/", given).status_code == 403
    assert admin_client.get("/system/django_q/schedule/").status_code == 200
    assert not Schedule.objects.filter(func="os.system").exists()
