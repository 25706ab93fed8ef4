"""Nothing that may not be stored gets past the guard, and real references do."""

import json
import random
import time
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.card_numbers import brand_of, luhn_ok
from audit.guard import fingerprint, inspect_bytes, inspect_json, inspect_text

CARD = "[card number removed]"
CODE = "[security code removed]"
TRACK = "[track data removed]"

# The public test numbers of the card brands and gateways.
TEST_CARDS = {
    "4111111111111111": "visa",
    "4012888888881881": "visa",
    "4222222222222": "visa",
    "4000000000000000006": "visa",
    "5555555555554444": "mastercard",
    "5105105105105100": "mastercard",
    "2223003122003222": "mastercard",
    "2720992718301206": "mastercard",
    "378282246310005": "amex",
    "341111111111111": "amex",
    "6011111111111117": "discover",
    "6011000990139424": "discover",
    "6445644564456445": "discover",
    "6510000000000125": "discover",
    "3530111333300000": "jcb",
    "3566002020360505": "jcb",
    "30569309025904": "diners",
    "36227206271667": "diners",
    "38520000023237": "diners",
    "6200000000000005": "unionpay",
    "6205500000000000004": "unionpay",
    "6759649826438453": "maestro",
    "6799990100000000019": "maestro",
}
GROUPS = {
    13: (4, 4, 5),
    14: (4, 6, 4),
    15: (4, 6, 5),
    16: (4, 4, 4, 4),
    17: (4, 4, 4, 5),
    18: (4, 4, 4, 4, 2),
    19: (4, 4, 4, 4, 3),
}


def grouped(number: str, separator: str) -> str:
    pieces, start = [], 0
    for size in GROUPS[len(number)]:
        pieces.append(number[start : start + size])
        start += size
    return separator.join(pieces)


def with_check_digit(stem: str) -> str:
    return next(stem + digit for digit in "0123456789" if luhn_ok(stem + digit))


@pytest.mark.parametrize(("number", "brand"), TEST_CARDS.items())
@pytest.mark.parametrize(
    "text",
    [
        "{0}",
        "paid with {0}, thanks",
        "id;name;pan\n1;Bob;{0}\n",
        '1,"{0}",5.00\n',
        "card={0}&amount=5.00",
        '{{"payment": {{"cards": [{{"n": "{0}"}}]}}}}',
        '{{"note": "{{\\"n\\": \\"{0}\\"}}"}}',
        '{{"note": "first line\\n{0}"}}',
        "<CardNbr>{0}</CardNbr>",
    ],
)
@pytest.mark.parametrize("separator", ["", " ", "-", ".", "\u00a0"])
def test_every_brand_is_caught_wherever_it_stands(
    number: str, brand: str, text: str, separator: str
) -> None:
    written = grouped(number, separator) if separator else number
    guarded = inspect_text(text.format(written))
    assert [(f.kind, f.brand) for f in guarded.findings] == [("card number", brand)]
    assert number[-4:] not in guarded.text
    assert "removed" in guarded.text


@pytest.mark.parametrize("number", TEST_CARDS)
def test_a_card_as_a_json_number_becomes_a_string_and_the_rest_stays(number: str) -> None:
    body = f'{{ "a":1.50,\t"n" : {number}, "z": "\\u00e9" }}'
    guarded = inspect_bytes(body.encode(), "application/json")
    assert guarded.body.decode() == body.replace(number, f'"{CARD}"')
    assert json.loads(guarded.body)["n"] == CARD


def test_escaped_digits_and_exponents_are_seen_through() -> None:
    body = '{"a": "\\u0034111111111111111", "b": 4.111111111111111E15, "c": "\\u0034"}'
    guarded = inspect_text(body)
    assert guarded.text == f'{{"a": "{CARD}", "b": "{CARD}", "c": "\\u0034"}}'


def test_json_lines_and_broken_json_are_guarded_too() -> None:
    lines = '{"pan": "4111111111111111"}\n{"cvv": "123"}\n'
    assert inspect_text(lines).text == f'{{"pan": "{CARD}"}}\n{{"cvv": "{CODE}"}}\n'
    broken = inspect_text('{"cvv": "123", "n": 4111111111111111, ')
    assert "4111" not in broken.text
    assert "123" not in broken.text


@pytest.mark.parametrize(
    "name",
    [
        *(
            "csc",
            "cvv",
            "cvv2",
            "CVV2",
            "cvc",
            "cvc2",
            "cid",
            "ccv",
            "cav2",
            "cvn",
            "security_code",
        ),
        *("securityCode", "card_code", "cardCode", "card.cvc", "card[cvv]", "credit_card_cvv"),
        *("card_verification_value", "encrypted_csc", "pin_block"),
    ],
)
def test_security_codes_go_by_name_in_json_forms_and_structures(name: str) -> None:
    value = "1234"
    assert inspect_text(json.dumps({"card": {name: value}})).text == json.dumps(
        {"card": {name: CODE}}
    )
    assert inspect_text(json.dumps({name: 1234})).text == json.dumps({name: CODE})
    assert inspect_json({"x": [{name: 1234}]}).value == {"x": [{name: CODE}]}
    form = inspect_bytes(f"a=1&{name}={value}".encode(), "application/x-www-form-urlencoded")
    assert value not in form.body.decode()
    assert [f.kind for f in form.findings] == ["security code"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CVV: 123, thanks", f"CVV: {CODE}, thanks"),
        ("security code 1234", f"security code {CODE}"),
        ("https://pay.example/?cvv2=123&x=1 done", f"https://pay.example/?cvv2={CODE}&x=1 done"),
        ("<CVV2>123</CVV2>", f"<CVV2>{CODE}</CVV2>"),
        ('name="cvv"\r\n\r\n123\r\n--b', f'name="cvv"\r\n\r\n{CODE}\r\n--b'),
        ("Name,CVV,Amount\nBob,123,5.00\n", f"Name,CVV,Amount\nBob,{CODE},5.00\n"),
        ("Name;Card Code\r\nBob;'9'\r\n", f"Name;Card Code\r\nBob;{CODE}\r\n"),
    ],
)
def test_security_codes_go_by_name_in_text_xml_and_columns(text: str, expected: str) -> None:
    assert inspect_text(text).text == expected


@pytest.mark.parametrize(
    "name",
    ["swipe", "track1", "track2", "track_data", "Track2Data", "magstripe", "encrypted_swipe"],
)
def test_track_data_goes_by_name(name: str) -> None:
    assert inspect_text(json.dumps({name: "AAECAwQFBgc="})).text == json.dumps({name: TRACK})
    assert inspect_text(json.dumps({name: ["AAECAwQ", None]})).text == json.dumps(
        {name: [TRACK, None]}
    )


def test_encrypted_card_numbers_go_by_name() -> None:
    guarded = inspect_text('{"encrypted_number": "q83vEjRWeJo=", "number": "1"}')
    assert guarded.text == f'{{"encrypted_number": "{CARD}", "number": "1"}}'
    assert inspect_text("encrypted_number=q83vEjRWeJo=").findings[0].kind == "card number"


def test_a_mistyped_number_under_a_card_name_goes_too() -> None:
    assert inspect_text('{"card_number": "4111 1111 1111 1112"}').text == (
        f'{{"card_number": "{CARD}"}}'
    )


@pytest.mark.parametrize(
    "track",
    [
        "%B4111111111111111^DOE/JOHN^25121011000000?",
        ";4111111111111111=25121011000?",
        "4111111111111111D25121011000",
        "B6011111111111117^DOE/JOHN^2512101?",
    ],
)
def test_track_data_goes_by_value(track: str) -> None:
    guarded = inspect_text(f"swiped {track} at till 4")
    assert guarded.text == f"swiped {TRACK} at till 4"
    assert [f.kind for f in guarded.findings] == ["track data"]


@pytest.mark.parametrize(
    "text",
    [
        *("************4321", "xxxxxxxxxxxx4321", "411111******1111", "XXXX-XXXX-XXXX-4321"),
        *(
            "20101201180000123",
            "1700000000123",
            "INV 536365/536366",
            "GB1208",
            "0.4111111111111111",
        ),
        *("a4111111111111111", "4111111111111111z", "41111111111111111111111", "4111-1111-1111"),
        '{"csc": null, "cvv": "", "cvc": "***", "csc_response": "Match", "cid": 4401234}',
        '{"cvv_required": true, "swipe": false, "pan": "ABCDE1234F", "track": "freight"}',
        "we track 12345678 parcels and decided cid: 1234567",
        "entry mode swipe: yes",
    ],
)
def test_masked_values_references_and_results_pass(text: str) -> None:
    assert inspect_text(text) == inspect_text(text).__class__(text, ())


def test_what_was_guarded_once_is_clean() -> None:
    once = inspect_text('{"cvv": "123", "n": "4111111111111111", "t": {"swipe": "%B41111111"}}')
    assert len(once.findings) == 3
    assert inspect_text(once.text).findings == ()
    assert inspect_json(json.loads(once.text)).findings == ()


def test_findings_tell_where_but_never_the_value() -> None:
    guarded = inspect_json({"card": {"pan": "4111111111111111", "cvv": "987"}})
    assert [f.where for f in guarded.findings] == ["$.card.pan", "$.card.cvv"]
    assert "987" not in repr(guarded)
    assert "1111" not in repr(guarded)
    assert inspect_text("pay 4111111111111111").findings[0].where == "offset 4"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16", "cp1252"])
def test_bodies_keep_their_encoding(encoding: str) -> None:
    body = "Zoë paid 4111 1111 1111 1111".encode(encoding)
    guarded = inspect_bytes(body, "text/plain")
    assert guarded.body == f"Zoë paid {CARD}".encode(encoding)


@given(body=st.binary(max_size=200))
def test_any_bytes_pass_through_the_guard_without_an_error(body: bytes) -> None:
    for content_type in ("application/json", "text/csv; charset=nonsense", ""):
        guarded = inspect_bytes(body, content_type)
        assert guarded.findings or guarded.body == body


@given(
    stem=st.sampled_from(["4", "51", "2221", "2720", "6011", "65", "3528", "62"]),
    tail=st.text(alphabet="0123456789", min_size=14, max_size=14),
    before=st.text(alphabet=" :;,/|()#\n\"'€<>[]{}", max_size=12),
    after=st.text(alphabet=" :;,/|()#\n\"'€<>[]{}?!", max_size=12),
    separator=st.sampled_from(["", " ", "-"]),
)
def test_generated_card_numbers_are_caught_in_random_surroundings(
    stem: str, tail: str, before: str, after: str, separator: str
) -> None:
    number = with_check_digit((stem + tail)[:15])
    text = before + grouped(number, separator) + after
    assert "card number" in {f.kind for f in inspect_text(text).findings}
    in_json = json.dumps({"a": [{"note": json.dumps({"b": text})}]})
    guarded = inspect_text(in_json)
    assert guarded.findings
    assert grouped(number, separator)[-5:] not in json.loads(guarded.text)["a"][0]["note"]


def realistic_ids(rng: random.Random) -> list[str]:
    ids = [str(rng.randrange(1_262_300_000_000, 1_900_000_000_000)) for _ in range(2000)]
    ids += [f"20{rng.randrange(10, 30)}1201{rng.randrange(10**9):09d}" for _ in range(2000)]
    ids += [str(rng.randrange(10**9, 10**10)) for _ in range(2000)]
    ids += [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(1500)]
    ids += [f"{rng.randrange(10**9) / 100:.2f}" for _ in range(1000)]
    ids += [f"GB{rng.randrange(10**4)}" for _ in range(500)]
    orders = (
        with_check_digit(
            rng.choice("1789") + str(rng.randrange(10 ** (size - 3), 10 ** (size - 2)))
        )
        for size in rng.choices(range(12, 20), k=1000)
    )
    return [*ids, *orders]


def test_ten_thousand_real_looking_ids_pass() -> None:
    ids = realistic_ids(random.Random(20101201))
    assert len(ids) == 10_000
    caught = [text for text in ids if inspect_text(f'{{"id": "{text}", "n": "{text} x"}}').findings]
    assert caught == []
    assert sum(luhn_ok(text) for text in ids if text.isdecimal()) > 1000


@pytest.mark.parametrize(
    ("length", "stated"), [(13, 1.1), (14, 0.4), (15, 0.6), (16, 3.0), (17, 0.8), (19, 1.9)]
)
def test_the_stated_rate_of_false_positives_is_the_real_one(length: int, stated: float) -> None:
    rng = random.Random(length)
    tries = 40_000
    hits = sum(
        brand_of(str(rng.randrange(10 ** (length - 1), 10**length))) is not None
        for _ in range(tries)
    )
    assert hits / tries * 100 == pytest.approx(stated, abs=0.35)


def test_a_clean_page_of_100_kb_takes_under_three_milliseconds() -> None:
    row = {"transaction_id": 1234567890, "amount": "12.50", "created": "2010-12-01 18:00:00"}
    page = json.dumps([row | {"note": f"Order {n}, lunch in the park"} for n in range(1000)])
    body = page.encode()[:100_000]
    timings = []
    for _ in range(15):
        start = time.perf_counter()
        assert inspect_bytes(body, "application/json").body is body
        timings.append(time.perf_counter() - start)
    assert min(timings) < 0.003


def test_a_fingerprint_depends_on_body_and_key_alone() -> None:
    assert fingerprint(b"body", b"key") == fingerprint(b"body", b"key")
    assert len({fingerprint(b, k) for b in (b"body", b"other") for k in (b"key", b"new")}) == 4


@pytest.mark.parametrize(
    "body",
    [
        "cvv,a\n" + '"' * 30_000,
        '"' + '\\"' * 15_000,
        '{"cvv": "' + "x" * 30_000 + 'a"}',
        ("cvv" + " " * 1000) * 30,
        '{"a":' * 6_000,
        "4 " * 15_000,
        "4111111111111111=" * 1_800,
    ],
)
def test_hostile_bodies_do_not_take_long(body: str) -> None:
    start = time.perf_counter()
    inspect_text(body)
    assert time.perf_counter() - start < 2


def test_a_string_that_is_never_closed_is_guarded_to_its_end() -> None:
    guarded = inspect_text('{"a": 1, "note": "said \\"4111111111111111\\" and')
    assert "4111" not in guarded.text
    assert [f.kind for f in guarded.findings] == ["card number"]
