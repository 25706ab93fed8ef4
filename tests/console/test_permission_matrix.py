"""Every address × every role. One that nobody entered here fails: who may open it is decided when
it is made. The rows asked for do not exist: permission comes first, so that 404 means allowed.
"""

import re
from datetime import timedelta

import pytest
from django.urls import get_resolver
from django.urls.resolvers import URLResolver
from django_q.models import Schedule

from audit.models import Entry
from audit.roles import ROLE_DUTIES, Duty, Role
from integrations.clock import wall_now
from tests.world import person

pytestmark = pytest.mark.django_db

#: Everybody, logged in or not; everybody who is logged in; superusers, whom no role makes.
OPEN, OWN, SYSTEM = "open", "own", "system"
D = Duty

#: Address as the resolver has it: who may look (GET), who may do (POST) where that is another duty.
MATRIX = {
    "": (D.VIEW,),
    "accounts/login/": (OPEN,),
    "accounts/login/code/": (OPEN,),
    "accounts/logout/": (OPEN,),
    "accounts/password/<uidb64>/<token>/": (OPEN,),
    "tour/": (OWN,),
    "profile/": (OWN,),
    "profile/password/": (OWN,),
    "profile/sessions/end/": (OWN,),
    "profile/second-factor/": (OWN,),
    "profile/second-factor/picture/": (OWN,),
    "profile/second-factor/codes/": (OWN,),
    "shortcuts/": (OWN,),
    "theme/": (OPEN,),
    "views/": (OWN,),
    "views/<int:pk>/forget/": (OWN,),
    "find/": (D.VIEW,),
    "transactions/": (D.VIEW,),
    "transactions/<int:pk>/": (D.VIEW,),
    "transactions/<int:pk>/question/": (D.VIEW, D.WORK_EXCEPTIONS),
    "pairs/<int:pk>/invoices/<path:number>/": (D.VIEW,),
    "pairs/<int:pk>/customers/<path:number>/": (D.VIEW,),
    "batches/": (D.VIEW,),
    "batches/<int:pk>/": (D.VIEW,),
    "batches/<int:pk>/certificates/<int:number>/": (D.VIEW,),
    "batches/<int:pk>/certificates/<int:number>/file/": (D.EXPORT,),
    "bank-lines/": (D.VIEW,),
    "orders/": (D.VIEW,),
    "orders/<int:pk>/": (D.VIEW,),
    "orders/<int:pk>/decide/": (D.VIEW, D.WORK_EXCEPTIONS),
    "orders/upload/": (D.UPLOAD_STATEMENTS,),
    "orders/files/<int:pk>/": (D.VIEW,),
    "documents/": (D.VIEW,),
    "documents/<int:pk>/": (D.VIEW,),
    "documents/<int:pk>/read/": (D.VIEW, D.WORK_EXCEPTIONS),
    "censuses/": (D.VIEW,),
    "censuses/<int:pk>/": (D.VIEW,),
    "censuses/now/<slug:slug>/": (D.VIEW, D.WORK_EXCEPTIONS),
    "completeness/": (D.VIEW,),
    "completeness/<slug:slug>/<str:day>/": (D.VIEW,),
    "postings/": (D.VIEW,),
    "postings/replay/": (D.WORK_EXCEPTIONS,),
    "postings/<int:pk>/try-again/": (D.WORK_EXCEPTIONS,),
    "postings/<int:pk>/look/": (D.WORK_EXCEPTIONS,),
    "postings/<int:pk>/": (D.VIEW,),
    "rule-sets/": (D.VIEW,),
    "rule-sets/<int:pk>/": (D.VIEW,),
    "rule-sets/<int:pk>/replay/": (D.VIEW, D.REPLAY_RULES),
    "replays/<int:pk>/": (D.VIEW,),
    "replays/<int:pk>/approve/": (D.APPROVE_RULES,),
    "rule-sets/<int:pk>/try/": (D.VIEW,),
    "rule-sets/<int:pk>/values/<slug:slug>/": (D.VIEW,),
    "rule-sets/<int:pk>/fields/": (D.VIEW,),
    "rule-sets/<int:pk>/fields/add/": (D.EDIT_RULES,),
    "rule-sets/<int:pk>/fields/preview/": (D.VIEW,),
    "rule-sets/<int:pk>/fields/rows/<int:row>/<slug:step>/": (D.EDIT_RULES,),
    "rule-sets/<int:pk>/edit/": (D.EDIT_RULES,),
    "rule-sets/<int:pk>/edit/about/": (D.EDIT_RULES,),
    "rule-sets/<int:pk>/edit/<slug:slug>/rows/": (D.EDIT_RULES,),
    "rule-sets/<int:pk>/edit/<slug:slug>/rows/add/": (D.EDIT_RULES,),
    "rule-sets/<int:pk>/edit/<slug:slug>/rows/<int:row>/": (D.EDIT_RULES,),
    "rule-sets/<int:pk>/edit/<slug:slug>/rows/<int:row>/remove/": (D.EDIT_RULES,),
    "rule-sets/<int:pk>/edit/<slug:slug>/rows/<int:row>/move/": (D.EDIT_RULES,),
    "rule-sets/new/": (D.EDIT_RULES,),
    "rule-sets/<int:pk>/file/": (D.VIEW,),
    "rule-sets/<int:pk>/file/<slug:slug>/<slug:form>/": (D.VIEW,),
    "rule-sets/<int:pk>/edit/<slug:slug>/upload/": (D.EDIT_RULES,),
    "rates/": (D.VIEW,),
    "rates/upload/": (D.EDIT_RULES,),
    "rule-imports/<int:pk>/": (D.EDIT_RULES,),
    "rule-imports/<int:pk>/drop/": (D.EDIT_RULES,),
    "rule-sets/<int:pk>/draft/": (D.EDIT_RULES,),
    "rule-sets/<int:pk>/hand-in/": (D.EDIT_RULES,),
    "rule-sets/<int:pk>/give-back/": (D.VIEW,),
    "rule-sets/<int:pk>/discard/": (D.EDIT_RULES,),
    "rule-sets/<int:pk>/activate/": (D.APPROVE_RULES,),
    "exceptions/": (D.VIEW,),
    "exceptions/<int:pk>/": (D.VIEW,),
    "exceptions/rows/<int:pk>/undo/": (D.VIEW, D.WORK_EXCEPTIONS),
    "exceptions/<int:pk>/sales/": (D.VIEW,),
    "exceptions/<int:pk>/alike/": (D.VIEW, D.WORK_EXCEPTIONS),
    "exceptions/sheets/": (D.VIEW, D.WORK_EXCEPTIONS),
    "exceptions/sheets/export/": (D.EXPORT,),
    "exceptions/sheets/<int:pk>/": (D.VIEW, D.WORK_EXCEPTIONS),
    "exceptions/owners/": (D.VIEW, D.MANAGE_ALERTS),
    "exceptions/owners/<int:pk>/drop/": (D.VIEW, D.MANAGE_ALERTS),
    "exceptions/limits/": (D.VIEW, D.MANAGE_ALERTS),
    "exceptions/bulk/": (D.VIEW, D.WORK_EXCEPTIONS),
    "exceptions/runs/": (D.VIEW,),
    "exceptions/runs/<int:pk>/": (D.VIEW,),
    "exceptions/runs/<int:pk>/<slug:step>/": (D.VIEW, D.WORK_EXCEPTIONS),
    "exceptions/<int:pk>/<slug:name>/": (D.VIEW, D.WORK_EXCEPTIONS),
    "customers/": (D.VIEW,),
    "customers/read/": (D.VIEW, D.WORK_EXCEPTIONS),
    "customers/import/": (D.WORK_EXCEPTIONS,),
    "customers/links/<int:pk>/": (D.VIEW, D.WORK_EXCEPTIONS),
    "customers/review/": (D.VIEW,),
    "customers/review/<int:pk>/": (D.VIEW,),
    "customers/review/<int:pk>/<slug:name>/": (D.VIEW, D.WORK_EXCEPTIONS),
    "customers/new/<int:pk>/": (D.VIEW, D.WORK_EXCEPTIONS),
    "customers/policy/": (D.VIEW,),
    "customers/policy/<int:pk>/": (D.VIEW, D.EDIT_RULES),
    "customers/merges/": (D.VIEW,),
    "customers/merges/new/": (D.WORK_EXCEPTIONS,),
    "customers/merges/<int:pk>/": (D.VIEW,),
    "customers/merges/<int:pk>/agree/": (D.VIEW, D.APPROVE_RULES),
    "customers/merges/<int:pk>/withdraw/": (D.VIEW, D.WORK_EXCEPTIONS),
    "customers/merges/<int:pk>/undo/": (D.VIEW, D.WORK_EXCEPTIONS),
    "hooks/<slug:slug>/": (OPEN,),
    "connections/": (D.VIEW,),
    "connections/<int:pk>/": (D.VIEW,),
    "connections/new/": (D.MANAGE_CONNECTIONS,),
    "connections/<int:pk>/change/<slug:step>/": (D.MANAGE_CONNECTIONS,),
    "connections/drafts/<int:pk>/settings/": (D.MANAGE_CONNECTIONS,),
    "connections/drafts/<int:pk>/secrets/": (D.MANAGE_CONNECTIONS,),
    "connections/drafts/<int:pk>/test/": (D.MANAGE_CONNECTIONS,),
    "connections/drafts/<int:pk>/finish/": (D.MANAGE_CONNECTIONS,),
    "connections/drafts/<int:pk>/discard/": (D.MANAGE_CONNECTIONS,),
    "connections/<int:pk>/test/": (D.MANAGE_CONNECTIONS,),
    "connections/<int:pk>/pause/": (D.MANAGE_CONNECTIONS,),
    "connections/<int:pk>/resume/": (D.MANAGE_CONNECTIONS,),
    "connections/<int:pk>/operation/": (D.MANAGE_CONNECTIONS,),
    "connections/<int:pk>/secrets/<slug:name>/retire/": (D.MANAGE_CONNECTIONS,),
    "connection-changes/": (D.VIEW,),
    "connection-changes/<int:pk>/": (D.VIEW,),
    "connection-changes/<int:pk>/approve/": (D.APPROVE_CONNECTIONS,),
    "connection-changes/<int:pk>/refuse/": (D.APPROVE_CONNECTIONS,),
    "connection-changes/<int:pk>/withdraw/": (D.VIEW,),
    "pairs/new/": (D.MANAGE_CONNECTIONS,),
    "pairs/<int:pk>/": (D.VIEW,),
    "envelopes/": (D.VIEW_ENVELOPES,),
    "envelopes/<int:pk>/": (D.VIEW_ENVELOPES,),
    "alerts/": (D.VIEW,),
    "alerts/<int:pk>/": (D.VIEW,),
    "alerts/<int:pk>/acknowledge/": (D.VIEW, D.ACKNOWLEDGE_ALERTS),
    "settings/alerts/": (D.VIEW,),
    "settings/alerts/routes/new/": (D.MANAGE_ALERTS,),
    "settings/alerts/routes/<int:pk>/": (D.MANAGE_ALERTS,),
    "settings/alerts/routes/<int:pk>/test/": (D.MANAGE_ALERTS,),
    "settings/alerts/silences/new/": (D.MANAGE_ALERTS,),
    "settings/alerts/silences/<int:pk>/end/": (D.MANAGE_ALERTS,),
    "settings/alerts/rhythm/<int:pk>/": (D.MANAGE_ALERTS,),
    "statements/upload/": (D.UPLOAD_STATEMENTS,),
    "statements/<int:pk>/": (D.VIEW,),
    "audit/": (D.VIEW_AUDIT,),
    "audit/<int:pk>/": (D.VIEW_AUDIT,),
    "keys/": (D.MANAGE_KEYS,),
    "keys/<int:pk>/revoke/": (D.MANAGE_KEYS,),
    "keys/<int:pk>/take/": (OWN,),
    "roles/": (D.VIEW,),
    "people/": (D.MANAGE_USERS,),
    "people/invite/": (D.MANAGE_USERS,),
    "people/<int:pk>/": (D.MANAGE_USERS,),
    "people/<int:pk>/roles/": (D.MANAGE_USERS,),
    r"^people/(?P<pk>[0-9]{1,18})/(?P<name>link|deactivate|activate|second-factor|sessions)/$": (
        D.MANAGE_USERS,
    ),
    r"^people/changes/(?P<pk>[0-9]{1,18})/(?P<verdict>approve|refuse)/$": (D.MANAGE_USERS,),
    "sessions/<int:pk>/end/": (OWN,),
    "system/login/": (SYSTEM,),
    "system/password_change/": (OPEN,),
    "api/v1/health/live": (OPEN,),
    "api/v1/health/ready": (OPEN,),
    "api/v1/schema": (D.VIEW,),
    "api/v1/connections": (D.VIEW,),
    "api/v1/connections/<int:pk>": (D.VIEW,),
    "api/v1/connections/<int:pk>/pause": (D.MANAGE_CONNECTIONS,),
    "api/v1/connections/<int:pk>/resume": (D.MANAGE_CONNECTIONS,),
    "api/v1/statements": (D.UPLOAD_STATEMENTS,),
    "api/v1/statements/<int:pk>": (D.VIEW,),
    "api/v1/hooks/<slug:slug>": (OPEN,),
    "api/v1/transactions": (D.VIEW,),
    "api/v1/transactions/<int:pk>": (D.VIEW,),
    "api/v1/batches": (D.VIEW,),
    "api/v1/batches/<int:pk>": (D.VIEW,),
    "api/v1/batches/<int:pk>/certificates/<int:number>": (D.VIEW,),
    "api/v1/bank-lines": (D.VIEW,),
    "api/v1/bank-lines/<int:pk>": (D.VIEW,),
    "api/v1/postings": (D.VIEW,),
    "api/v1/postings/<int:pk>": (D.VIEW,),
    "api/v1/postings/<int:pk>/try-again": (D.WORK_EXCEPTIONS,),
    "api/v1/postings/<int:pk>/look-up": (D.WORK_EXCEPTIONS,),
    "api/v1/pairs/<slug:slug>/invoices/<path:number>": (D.VIEW,),
    "api/v1/pairs/<slug:slug>/customers/<path:number>": (D.VIEW,),
    "api/v1/orders": (D.VIEW,),
    "api/v1/orders/<int:pk>": (D.VIEW,),
    "api/v1/documents": (D.VIEW,),
    "api/v1/documents/<int:pk>": (D.VIEW,),
    "api/v1/exceptions": (D.VIEW,),
    "api/v1/exceptions/<int:pk>": (D.VIEW,),
    "api/v1/exceptions/<int:pk>/actions/<slug:name>": (D.VIEW, D.WORK_EXCEPTIONS),
    "api/v1/canonical-records": (D.VIEW,),
    "api/v1/audit-entries": (D.VIEW_AUDIT,),
    "api/v1/audit-entries/<int:pk>": (D.VIEW_AUDIT,),
    "api/v1/alerts": (D.VIEW,),
    "api/v1/alerts/<int:pk>": (D.VIEW,),
    "api/v1/alerts/<int:pk>/acknowledge": (D.ACKNOWLEDGE_ALERTS,),
    "api/v1/envelopes": (D.VIEW_ENVELOPES,),
    "api/v1/envelopes/<int:pk>": (D.VIEW_ENVELOPES,),
    "api/v1/rule-sets": (D.VIEW,),
    "api/v1/rule-sets/<int:pk>": (D.VIEW,),
    "api/v1/rule-sets/<int:pk>/file": (D.VIEW,),
    "api/v1/rule-sets/<int:pk>/draft": (D.EDIT_RULES,),
    "api/v1/rule-sets/<int:pk>/hand-in": (D.EDIT_RULES,),
    "api/v1/rule-sets/<int:pk>/give-back": (D.VIEW,),
    "api/v1/rule-sets/<int:pk>/discard": (D.EDIT_RULES,),
    "api/v1/rule-sets/<int:pk>/activate": (D.APPROVE_RULES,),
    "api/v1/rule-sets/<int:pk>/replay": (D.REPLAY_RULES,),
    "api/v1/rule-imports": (D.EDIT_RULES,),
    "api/v1/rule-imports/<int:pk>": (D.EDIT_RULES,),
    "api/v1/rule-imports/<int:pk>/apply": (D.EDIT_RULES,),
    "api/v1/rule-imports/<int:pk>/drop": (D.EDIT_RULES,),
    "api/v1/replays": (D.VIEW,),
    "api/v1/replays/<int:pk>": (D.VIEW,),
    "api/v1/replays/<int:pk>/documents": (D.VIEW,),
    "api/v1/replays/<int:pk>/approve": (D.APPROVE_RULES,),
    "api/v1/transactions/<int:pk>/question": (D.WORK_EXCEPTIONS,),
    "api/v1/exceptions/preview": (D.VIEW,),
    "api/v1/exceptions/run": (D.VIEW,),
    "api/v1/runs": (D.VIEW,),
    "api/v1/runs/<int:pk>": (D.VIEW,),
    "api/v1/runs/<int:pk>/rows": (D.VIEW,),
    "api/v1/runs/<int:pk>/rows/<int:row>/undo": (D.WORK_EXCEPTIONS,),
    "api/v1/runs/<int:pk>/stop": (D.WORK_EXCEPTIONS,),
    "api/v1/runs/<int:pk>/undo": (D.WORK_EXCEPTIONS,),
    "api/v1/runs/<int:pk>/approve": (D.APPROVE_POSTINGS,),
    "api/v1/runs/<int:pk>/decline": (D.APPROVE_POSTINGS,),
    "api/v1/customer-links": (D.VIEW,),
    "api/v1/customer-links/<int:pk>": (D.VIEW,),
    "api/v1/customer-links/<int:pk>/unlink": (D.WORK_EXCEPTIONS,),
    "api/v1/waiting-customers": (D.VIEW,),
    "api/v1/waiting-customers/<int:pk>": (D.VIEW,),
    "api/v1/waiting-customers/<int:pk>/link": (D.WORK_EXCEPTIONS,),
    "api/v1/waiting-customers/<int:pk>/not-same": (D.WORK_EXCEPTIONS,),
    "api/v1/waiting-customers/<int:pk>/number": (D.WORK_EXCEPTIONS,),
    "api/v1/censuses": (D.VIEW,),
    "api/v1/censuses/<slug:slug>": (D.VIEW,),
    "api/v1/nothing-missing/<slug:slug>/<str:day>": (D.VIEW,),
    "api/<path:rest>": (OPEN,),
}
SAMPLES = {
    "pk": "999999", "number": "1", "slug": "nothing", "name": "claim", "day": "2011-02-14",
    "uidb64": "MQ", "token": "a-b", "rest": "nothing", "verdict": "refuse",
    "step": "settings", "row": "1", "form": "csv",
}  # fmt: skip
#: Who stands there: the roles one by one, somebody without any, and a superuser without any.
PEOPLE = [(role.value, (role,), False) for role in Role]
PEOPLE += [("nobody", (), False), ("root", (), True)]


def routes(resolver=None, prefix=""):
    for each in (resolver or get_resolver()).url_patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from routes(each, route)
        else:
            yield route


OURS = [route for route in routes() if not route.startswith("system/") or route in MATRIX]
STOCK = sorted({route for route in routes() if route.startswith("system/")} - set(MATRIX))


def address(route):
    """An address that the route takes."""
    plain = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", route.strip("^$"))
    plain = plain.replace("(?P<url>.*)$", "nothing").replace("<name>", "<verb>")
    samples = SAMPLES | {"verb": "sessions"}
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: samples[found[1]], plain)


def refused(response):
    """Whether somebody was turned away, rather than answered."""
    to_login = response.get("Location", "").startswith(("/accounts/login/?next=", "/system/login/"))
    return response.status_code in (401, 403) or to_login


def ask(client, method, route):
    # Calls that write need a key of their own; a page does not look at it.
    headers = {"Idempotency-Key": f"{method}-{abs(hash(route))}"}
    more = {"data": {}, "content_type": "application/json"}
    if method == "get" or not route.startswith("api/"):
        more = {}
    return getattr(client, method)(address(route), headers=headers, **more)


def test_every_address_has_its_entry_and_every_entry_its_address():
    assert set(MATRIX) - set(OURS) == set()
    assert set(OURS) - set(MATRIX) == set(), "say in MATRIX who may open the new address"


@pytest.fixture(autouse=True)
def workers(settings):
    """A test may run for longer than an installation without workers counts as ready, and calls
    every address of the API faster than one person may."""
    settings.TIEOUT_API_CALLS_PER_MINUTE = 1_000_000
    Schedule.objects.filter(name="sweep").update(next_run=wall_now() + timedelta(hours=1))


@pytest.mark.parametrize(("name", "roles", "is_root"), PEOPLE, ids=str)
def test_everybody_opens_what_their_roles_allow_and_nothing_else(client, name, roles, is_root):
    user = person(name, *roles)
    user.is_staff = user.is_superuser = is_root
    user.save()
    duties = frozenset().union(*(ROLE_DUTIES[role] for role in roles))
    wrong, denied = [], 0
    for route, entry in MATRIX.items():
        for method, wanted in (("get", entry[0]), ("post", entry[-1])):
            client.force_login(user)
            response = ask(client, method, route)
            denied += response.status_code == 403
            is_allowed = wanted in (OPEN, OWN) or (wanted in duties and entry[0] in duties)
            if refused(response) == is_allowed or response.status_code >= 500:
                wrong.append((method, route, response.status_code))
    assert wrong == []
    assert Entry.objects.filter(action="access.denied").count() == denied


def test_whoever_is_not_logged_in_is_turned_away_everywhere(client):
    wrong = []
    for route, entry in MATRIX.items():
        for method in ("get", "post"):
            response = ask(client, method, route)
            is_open = entry[0] == OPEN or route == "system/login/"
            if route != "system/login/" and refused(response) == is_open:
                wrong.append((method, route, response.status_code))
    assert wrong == []


@pytest.mark.parametrize("roles", [(), tuple(Role)], ids=["no role", "every role"])
def test_the_stock_admin_is_for_superusers_alone(client, roles):
    client.force_login(person("somebody", *roles))
    places = [re.sub(r"<[^>]+>", "1", route) for route in STOCK if "(?P" not in route]
    assert len(places) > 20
    for place in places:
        if "logout" not in place and "jsi18n" not in place and "/r/" not in place:
            assert refused(client.get(f"/{place}")), place


def test_nobody_changes_anything_in_the_stock_admin_about_access(client, admin_user):
    client.force_login(admin_user)
    for route in STOCK:
        if re.match(r"system/(auth|audit)/.*(add|change|delete)/$", route):
            place = re.sub(r"<[^>]+>", str(admin_user.pk), route)
            assert client.post(f"/{place}", {"username": "x"}).status_code in (302, 403), place
    admin_user.refresh_from_db()
    assert admin_user.username == "admin"
