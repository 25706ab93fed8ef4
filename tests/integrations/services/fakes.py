"""A target and a source in memory, put in the place of a connection's connector."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from integrations.canonical import DocumentRef, FoundPosting, Outcome, OutcomeStatus
from integrations.contracts import Document, Page, Parsed
from integrations.services import connectors


def put(connection, connector):
    """Let a connection speak to `connector`."""
    connectors._kept[connection.pk] = (connection.updated_at, connector)
    return connector


@dataclass
class Target:
    """Answers each request with the next of `answers` (a status, an exception), else DONE."""

    answers: list = field(default_factory=list)
    enforces_keys: bool = True
    is_posted: bool = False
    asked: list = field(default_factory=list)
    held: dict = field(default_factory=dict)
    find_error: Exception | None = None

    def post(self, requests):
        self.asked += [request.key for request in requests]
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        answer = self.answers.pop(0) if self.answers else OutcomeStatus.DONE
        if isinstance(answer, BaseException):
            raise answer
        document = None
        if answer in (OutcomeStatus.DONE, OutcomeStatus.DUPLICATE):
            document = self.hold(request.key, request.content_hash, request.draft.kind)
        return Outcome(request.key, answer, document, code=f"code-{answer}", message="As it is.")

    def hold(self, key, content_hash, kind):
        document = DocumentRef(f"N-{len(self.held)}", str(len(self.held)), "B-1", self.is_posted)
        self.held[key] = FoundPosting(key, kind, content_hash, document)
        return document

    def find_postings(self, company, keys):
        if self.find_error:
            raise self.find_error
        return [self.held[key] for key in keys if key in self.held]

    def close(self):
        pass


@dataclass
class Source:
    """Pages of documents; an exception among them is raised in its turn, one at the end of a page
    is its trouble."""

    pages: list = field(default_factory=list)
    records: dict = field(default_factory=dict)
    by_id: dict = field(default_factory=dict)
    fetched: list = field(default_factory=list)
    covers: datetime | None = None

    def fetch(self, stream, cursor, *, moment, limit, watch=()):
        place = cursor.get("place", 0)
        self.fetched.append((stream.value, place))
        page = self.pages[place] if place < len(self.pages) else []
        if isinstance(page, BaseException):
            self.pages[place] = []
            raise page
        trouble = None
        if page and isinstance(page[-1], BaseException):
            *page, trouble = page
            self.pages[place] = []
        documents = [Document("transactions", text.encode(), name=text) for text in page]
        if trouble:
            return Page(documents, {"place": place}, True, trouble)
        last = place + 1 >= len(self.pages)
        return Page(documents, {"place": 0 if last else place + 1}, not last, covers=self.covers)

    def cursor_from(self, day):
        return {"from": day.isoformat()}

    def fetch_by_id(self, stream, vendor_id):
        self.fetched.append(("id", vendor_id))
        answer = self.by_id.get(vendor_id, vendor_id)
        if isinstance(answer, Exception):
            raise answer
        return Document("transactions", answer.encode(), name=f"id {vendor_id}")

    def parse(self, kind, body, context):
        answer = self.records.get(body.decode(), [])
        if isinstance(answer, Exception):
            raise answer
        return Parsed(answer)

    def close(self):
        pass
