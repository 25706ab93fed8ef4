"""An ERP for tests of the census: a list of documents, read in pages as small as the test says."""

from dataclasses import replace

from integrations.canonical import DocumentKind, DocumentRef
from integrations.standing import Standing, StandingDocument, owed_fields


def standing(effect, **changes):
    """The document that an effect owes, as it should stand."""
    posting = effect.posting
    document = StandingDocument(
        key=effect.key,
        kind=DocumentKind(posting.kind),
        content_hash=posting.content_hash,
        document=DocumentRef(posting.document_no, posting.document_key, posting.batch_ref, True),
        standing=Standing.POSTED,
        fields=owed_fields(posting.draft),
    )
    return replace(document, **changes)


class FakeErp:
    def __init__(self, documents, strays=()):
        self.documents = sorted(documents, key=lambda document: document.key)
        self.strays = list(strays)
        self.largest = 0

    def list_postings(self, company, after, limit):
        page = [document for document in self.documents if document.key > after][:limit]
        self.largest = max(self.largest, len(page))
        return page

    def postings_of(self, company, keys):
        self.largest = max(self.largest, len(keys))
        return [document for document in self.documents if document.key in keys]

    def list_strays(self, company, cursor, limit):
        start = int(cursor or 0)
        page = self.strays[start : start + limit]
        more = start + limit < len(self.strays)
        return page, str(start + limit) if more else ""
