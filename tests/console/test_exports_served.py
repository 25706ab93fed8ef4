"""Every file that can be taken, by a client over the wire and outside any test's transaction.

What stands in a request's transaction in other tests stands alone here, as it does in production: a
record that asks for a transaction, a cursor that outlives one. Lists come from the addresses
themselves and downloads from the links on the pages, so that a new one is asked for by itself.
"""

import csv
import io
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.test import Client
from django.urls import Resolver404, get_resolver, resolve
from django.urls.resolvers import URLPattern, URLResolver
from openpyxl import load_workbook

from audit.models import Entry
from audit.roles import Role
from console.views import ListPage
from tests.builders import ConnectionDraftFactory
from tests.clock import business_day  # noqa: F401
from tests.kept_world import kept_world
from tests.mapping.drafts import full_draft
from tests.pages import (
    admin_pages,
    auditor_pages,
    mapper_pages,
    own_pages,
    pages,
    row_ids,
    set_up_pages,
)
from tests.world import person

#: Files that are known to be offered somewhere: the crawl below has to come by each of them.
KNOWN = {"certificate-file", "rule-set-file", "rule-sheet", "sheet-export"}


def list_routes(patterns=None, prefix="") -> Iterator[str]:
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        route = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLResolver):
            yield from list_routes(entry.url_patterns, route)
        elif isinstance(entry, URLPattern):
            view = getattr(entry.callback, "view_class", None)
            if view is not None and issubclass(view, ListPage):
                yield route


@pytest.fixture
def world(transactional_db, business_day):  # noqa: F811
    return kept_world(days=6, per_day=1)


@pytest.fixture
def everybody(world):
    return person("everything", *Role)


@pytest.fixture
def wire(live_server, everybody, settings):
    """A client that knows nothing but the address and a session."""
    client = Client()
    client.force_login(everybody)
    name = settings.SESSION_COOKIE_NAME
    with httpx.Client(
        base_url=live_server.url, cookies={name: client.cookies[name].value}, timeout=60
    ) as found:
        yield found


def every_page(world, user):
    version = full_draft()
    draft = ConnectionDraftFactory(owner=user)
    groups = (auditor_pages(world), admin_pages(world), own_pages(world), mapper_pages(version))
    more = [url for group in groups for url in group.values()]
    return [*pages(world).values(), *more, *set_up_pages(world, draft).values()]


def address_of(route, addresses):
    """An address of tests/pages.py that leads there."""
    found = [url for url in addresses if resolve(urlsplit(url).path).route == route]
    assert found, f"No page of tests/pages.py has the address {route}."
    return found[0]


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        href = dict(attrs).get("href") if tag == "a" else None
        if href and href.startswith(("/", "?")):
            self.found.append(href)


def links_of(answer):
    parser = Links()
    parser.feed(answer.text)
    path = answer.url.path
    return [f"{path}{url}" if url.startswith("?") else url for url in parser.found]


def shape(url):
    """What an address asks for, without whose row it is; None where it is not one of ours."""
    parts = urlsplit(url)
    try:
        match = resolve(parts.path)
    except Resolver404:
        return None
    asked = parse_qs(parts.query)
    kinds = (asked.get(name, [""])[0] for name in ("export", "kind", "form"))
    return (match.url_name, match.kwargs.get("form", ""), *kinds)


@pytest.mark.parametrize("route", sorted(set(list_routes())))
def test_every_list_leaves_as_csv_and_as_a_workbook(wire, world, everybody, route):
    address = address_of(route, every_page(world, everybody))
    shown = row_ids(wire.get(address))
    text = wire.get(address, params={"export": "csv"})
    book = wire.get(address, params={"export": "xlsx"})
    assert (text.status_code, book.status_code) == (200, 200)
    head, *rows = csv.reader(io.StringIO(text.content.decode("utf-8-sig")))
    lines = list(load_workbook(io.BytesIO(book.content)).active.iter_rows(values_only=True))
    # In the audit log the first file is a row of the second.
    assert len(lines) - 1 == len(rows) + (route == "audit/")
    assert len(rows) >= len(shown)
    assert list(lines[0]) == head
    assert Entry.objects.filter(action="list.exported").count() == 2


def test_every_file_that_a_page_offers_arrives(wire, world, everybody):
    asked, files = set(), set()
    waiting = every_page(world, everybody)
    for address in waiting:
        page = wire.get(address)
        assert page.status_code == 200, address
        for link in links_of(page):
            if (kind := shape(link)) is None or kind in asked or "/logout/" in link:
                continue
            asked.add(kind)
            answer = wire.get(link)
            assert answer.status_code < 400, (address, link)
            if "attachment" in answer.headers.get("content-disposition", ""):
                assert answer.content, link
                files.add(kind[0])
    assert files >= KNOWN
