import time

import pytest

from bench.intake import load
from integrations.api.signature import check, read_headers


@pytest.mark.parametrize(
    ("answer", "whole"),
    [
        (b"HTTP/1.1 202 Accepted\r\n", False),
        (b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\n{", False),
        (b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}", True),
        (b"HTTP/1.1 202 Accepted\r\n\r\n", True),
        (b"HTTP/1.1 202 A\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n", False),
        (b"HTTP/1.1 202 A\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", True),
    ],
)
def test_an_answer_counts_when_it_is_whole(answer, whole):
    assert load.is_whole(answer) is whole
    assert load.is_taken(answer)


def test_a_refusal_is_no_answer_that_counts():
    assert not load.is_taken(b"HTTP/1.1 429 Too Many Requests\r\n\r\n")


def test_what_the_load_sends_is_signed_as_webhooks_are(monkeypatch):
    monkeypatch.setattr(load, "SECRET", b"secret")
    for request in load.requests("/hooks/shop/", 2):
        head, _, body = request.partition(b"\r\n\r\n")
        given = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        headers = read_headers(
            given["webhook-id"], given["webhook-timestamp"], given["webhook-signature"]
        )
        check(headers, body, ["secret"], time.time(), 300)
        assert int(given["Content-Length"]) == len(body)
