"""People at their browsers: pages are read as text, forms are sent as the pages offer them."""

import html
import re
from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client


def text_of(response: Any) -> str:
    """What a page says in its main part, without markup."""
    whole = response.content.decode()
    main = re.search(r"<main\b.*?</main>", whole, re.DOTALL)
    plain = re.sub(r"<[^>]+>", " ", main[0] if main else whole)
    return " ".join(html.unescape(plain).split())


class Person:
    """Somebody who is logged in; each has a browser of their own."""

    def __init__(self, name: str) -> None:
        self.browser = Client()
        self.browser.force_login(User.objects.get(username=name))

    def see(self, url: str, **query: Any) -> str:
        response = self.browser.get(url, query)
        assert response.status_code == 200, (url, response.status_code)
        return text_of(response)

    def source(self, url: str, **query: Any) -> str:
        """The page with its markup."""
        return self.browser.get(url, query).content.decode()

    def json(self, path: str, **query: Any) -> Any:
        """An answer of the REST API; of a list its rows."""
        response = self.browser.get(f"/api/v1/{path}", query)
        assert response.status_code == 200, response.content
        answer = response.json()
        return answer.get("data", answer)

    def send(self, url: str, **data: Any) -> str:
        """A form that is taken; what the page says that comes next."""
        response = self.browser.post(url, data, follow=True)
        assert response.status_code == 200, text_of(response)
        return text_of(response)

    def refused(self, url: str, **data: Any) -> str:
        """A form that comes back; what its page says."""
        response = self.browser.post(url, data)
        assert response.status_code == 422, response.status_code
        return text_of(response)

    def leads_to(self, url: str, **data: Any) -> str:
        """A form that is taken; the address it leads to."""
        response = self.browser.post(url, data)
        assert response.status_code == 302, text_of(response)
        return str(response["Location"])

    def upload(self, url: str, name: str, content: str, **data: Any) -> Any:
        file = SimpleUploadedFile(name, content.encode())
        return self.browser.post(url, data | {"file": file}, follow=True)

    def confirm(self, url: str, page: Any) -> str:
        """What a page has compared is applied as it stands there."""
        found = re.search(r'name="rows" value="([^"]+)"', page.content.decode())
        assert found, text_of(page)
        return self.send(url, rows=html.unescape(found[1]))

    # --- payments and their documents ---

    def transaction(self, vendor_id: str) -> str:
        """The page of a payment, found by its number."""
        return text_of(self._found(vendor_id))

    def documents_of(self, vendor_id: str) -> str:
        """The ERP documents that the page of a payment leads to, each with its posting's page."""
        shown = self._found(vendor_id).content.decode()
        rows = dict.fromkeys(re.findall(r"/documents/\d+/", shown))
        assert rows, text_of(self._found(vendor_id))
        sources = [self.source(row) for row in rows]
        postings = [re.findall(r"/postings/\d+/", source)[0] for source in sources]
        return " | ".join(self.see(page) for page in (*rows, *postings))

    def _found(self, vendor_id: str) -> Any:
        response = self.browser.get("/find/", {"q": vendor_id}, follow=True)
        assert "/transactions/" in response.request["PATH_INFO"], text_of(response)
        return response

    # --- the desk ---

    def exception(self, reason: str, **query: Any) -> int:
        """The only open one with this reason on the list."""
        [found] = self.exceptions(reason, **query)
        return found

    def exceptions(self, reason: str, **query: Any) -> list[int]:
        shown = self.source("/exceptions/", reason=reason, **query)
        return [int(pk) for pk in re.findall(r'id="row-(\d+)"', shown)]

    def act(self, item: int, action: str, **data: Any) -> str:
        return self.send(f"/exceptions/{item}/{action}/", **data)


def number_in(url: str) -> int:
    """The first number of an address: the version of /rule-sets/7/edit/."""
    found = re.search(r"/(\d+)/", url)
    assert found, url
    return int(found[1])


def change_rules(
    mapper: Person,
    approver: Person,
    version: int,
    rows: list[tuple[str, dict[str, Any]]],
    active_from: date,
    work: Callable[[], None] | None = None,
) -> int:
    """Rows are put on top of a draft of the version; another person puts it in force.

    `work`: lets the hub work; given where the pair has posted, and a replay has to come first.
    Answers the new version.
    """
    draft = number_in(mapper.leads_to(f"/rule-sets/{version}/draft/", note="As agreed."))
    for slug, values in rows:
        mapper.leads_to(f"/rule-sets/{draft}/edit/{slug}/rows/add/", **values, at="1")
    mapper.leads_to(f"/rule-sets/{draft}/hand-in/")
    if work is None:
        approver.leads_to(f"/rule-sets/{draft}/activate/", active_from=active_from)
        return draft
    period = {"first_on": date(2010, 11, 1), "last_on": date(2011, 1, 31)}
    replay = number_in(mapper.leads_to(f"/rule-sets/{draft}/replay/", **period))
    work()
    approver.leads_to(f"/replays/{replay}/approve/", active_from=active_from)
    return draft
