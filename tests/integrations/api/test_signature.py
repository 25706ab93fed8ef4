import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.api.signature import (
    HeadersError,
    SignatureError,
    check,
    read_headers,
    secret_bytes,
    sign,
)

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two characters").decode()
NOW = 1_300_000_000
BODY = b'{"vendor_id": "1001"}'


def headers(signature, message_id="event-1", timestamp=str(NOW)):
    return read_headers(message_id, timestamp, signature)


def test_the_signature_is_the_one_of_the_published_standard():
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    made = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("before", ["", "v1,AAAA ", "v2,other v1,é "])
def test_one_fitting_signature_among_others_is_enough(before):
    check(headers(before + sign(SECRET, "event-1", NOW, BODY)), BODY, ["old", SECRET], NOW, 300)


@pytest.mark.parametrize(
    ("body", "secrets", "now"),
    [
        (BODY + b" ", [SECRET], NOW),
        (BODY, ["another"], NOW),
        (BODY, [], NOW),
        (BODY, [SECRET], NOW + 301),
        (BODY, [SECRET], NOW - 301),
    ],
)
def test_another_body_secret_or_time_does_not_fit(body, secrets, now):
    with pytest.raises(SignatureError):
        check(headers(sign(SECRET, "event-1", NOW, BODY)), body, secrets, now, 300)


def test_id_and_time_are_signed_too():
    made = sign(SECRET, "event-1", NOW, BODY)
    for other in (headers(made, "event-2"), headers(made, timestamp=str(NOW + 1))):
        with pytest.raises(SignatureError, match="No signature"):
            check(other, BODY, [SECRET], NOW, 300)


@pytest.mark.parametrize(
    ("message_id", "timestamp", "signature", "named"),
    [
        ("", str(NOW), "v1,x", "webhook-id"),
        ("x" * 101, str(NOW), "v1,x", "webhook-id"),
        ("e\0", str(NOW), "v1,x", "webhook-id"),
        ("é", str(NOW), "v1,x", "webhook-id"),
        ("e", "", "v1,x", "webhook-timestamp"),
        ("e", "²", "v1,x", "webhook-timestamp"),
        ("e", "-5", "v1,x", "webhook-timestamp"),
        ("e", "1" * 13, "v1,x", "webhook-timestamp"),
        ("e", str(NOW), "", "webhook-signature"),
    ],
)
def test_a_header_that_is_missing_or_malformed_is_named(message_id, timestamp, signature, named):
    with pytest.raises(HeadersError, match=named):
        read_headers(message_id, timestamp, signature)


def test_a_secret_that_is_no_base64_is_taken_as_it_is():
    assert secret_bytes("plain") == b"plain"
    assert secret_bytes("whsec_not base64!") == b"whsec_not base64!"


@given(st.text(min_size=1), st.binary())
def test_no_signature_that_somebody_makes_up_is_accepted_or_breaks_it(made_up, body):
    with pytest.raises(SignatureError):
        check(headers(made_up), body, [SECRET], NOW, 300)
