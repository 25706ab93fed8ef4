"""What agrees, what differs, and what a person has to look at."""

import pytest

from mapping.customers.comparing import Field, Verdict
from mapping.customers.identity import Address, Identity, System
from mapping.customers.matching import Index, best
from mapping.customers.measured import experience
from mapping.customers.policy import Band, Policy
from mapping.customers.prepared import prepare
from mapping.customers.scoring import Tier, score

HOME = Address(("12 Elm Street",), "Salem", "OR", "97301", "US")
AWAY = Address(("7 Mill Road",), "Boise", "ID", "83702", "US")


def erp(ref="C1", **fields):
    return prepare(Identity(System.ERP, ref, **fields))


def gateway(ref="g1", **fields):
    return prepare(Identity(System.GATEWAY, ref, **fields))


def verdicts(scored):
    return {c.field: c.verdict for c in scored.comparisons}


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        ("John Smith", "SMITH, John", Verdict.SAME),
        ("Jürgen Müller", "Juergen Mueller", Verdict.SAME),
        ("Юлия Щербакова", "Yulia Shcherbakova", Verdict.SAME),
        ("Robert Miller", "Bob Miller", Verdict.CLOSE),
        ("John Smith", "J. Smith", Verdict.CLOSE),
        ("John Smith", "John Paul Smith", Verdict.CLOSE),
        ("Kowalczyk Anna", "Kowalzyk Anna", Verdict.CLOSE),
        ("Data Works Ltd", "DataWorks Limited", Verdict.CLOSE),
        ("Mark Miller", "Mary Miller", Verdict.PARTLY),
        ("John Smith Sr", "John Smith Jr", Verdict.PARTLY),
        ("Acme Tools LLC", "Acme Tools GmbH", Verdict.PARTLY),
        ("Acme Tools Inc", "Acme Tools North Inc", Verdict.PARTLY),
        ("John Smith", "Anna Weber", Verdict.DIFFERS),
    ],
)
def test_names_are_compared_word_by_word(one, other, verdict):
    assert verdicts(score(gateway(name=one), erp(name=other)))[Field.NAME] is verdict


@pytest.mark.parametrize(
    ("street", "city", "code", "verdict"),
    [
        ("12 Elm St", "Salem", "97301-0001", Verdict.SAME),
        ("12 Elm St.", "Salem", "97310", Verdict.SAME),  # a slip in the code
        ("Elm Street", "Salem", "97301", Verdict.CLOSE),
        ("14 Elm Street", "Salem", "97301", Verdict.PARTLY),
        ("12 Elm Road", "Salem", "97301", Verdict.PARTLY),
        ("", "", "97301", Verdict.PARTLY),
        ("12 Elm Street", "Boise", "83702", Verdict.DIFFERS),
    ],
)
def test_addresses_are_compared_by_place_street_and_house(street, city, code, verdict):
    other = Address((street,), city, "", code)
    found = score(gateway(address=other), erp(address=HOME))
    assert verdicts(found)[Field.ADDRESS] is verdict


def test_a_suggestion_says_what_agrees_and_what_differs():
    found = score(
        gateway(name="Bob Miller", email="bob@x.com", address=AWAY),
        erp(name="Robert Miller", email="BOB@x.com", address=HOME),
    )
    assert found.why == ("Same e-mail, names alike (short form); but addresses in different towns.")


def test_a_unique_identifier_comes_before_what_only_looks_alike():
    by_number = erp("C2", name="Smith Holding")
    alike = erp("C1", name="John Smith", email="j@gmail.com", address=HOME)
    wanted = prepare(
        Identity(System.CRM, "crm-1", "John Smith", "j@gmail.com", address=HOME,
                 known_as=((System.ERP, "c2"),))
    )  # fmt: skip
    found = best(wanted, [alike, by_number], Policy())
    assert [match.candidate.identity.ref for match in found] == ["C2", "C1"]
    assert found[0].scored.tier is Tier.IDENTIFIER
    assert [match.band for match in found] == [Band.REVIEW, Band.REVIEW]


def test_the_same_email_comes_before_name_and_address():
    by_mail = erp("C2", name="Ann Lee", email="lee@gmail.com", address=AWAY)
    by_address = erp("C1", name="Ann Lee", phone="555 123 4567", address=HOME)
    wanted = gateway(name="Ann Lee", email="lee@gmail.com", address=HOME)
    found = best(wanted, [by_address, by_mail], Policy())
    assert [match.scored.tier for match in found] == [Tier.EMAIL, Tier.FUZZY]


@pytest.mark.parametrize(
    ("left", "right", "why"),
    [
        ({"name": "Ann Lee"}, {"name": "Ann Lee"}, "only the name agrees"),
        ({"name": "Ann Lee", "email": "l@gmail.com"}, {"name": "Jo Lee", "email": "l@gmail.com"},
         "the names do not agree"),
        ({"name": "Bolt Inc", "email": "x@bolt.com", "address": HOME},
         {"name": "Bolt Inc", "email": "x@bolt.com", "address": AWAY},
         "a company at two addresses may be two branches"),
        ({"name": "Bob Lee", "address": HOME}, {"name": "Robert Lee", "address": HOME},
         "the names are only alike, and only the address agrees"),
        ({"name": "Bolt", "address": HOME, "tax_number": "111222333"},
         {"name": "Bolt", "address": HOME, "tax_number": "999222333"}, "the tax numbers differ"),
        ({"name": "Ann Lee", "email": "info@bolt.com"},
         {"name": "Ann Lee", "email": "info@bolt.com"}, "only the name agrees"),
    ],
)  # fmt: skip
def test_what_stands_against_a_link_is_said(left, right, why):
    found = score(gateway(**left), erp(**right))
    assert why in found.against
    assert Policy().band(found) is not Band.LINK


def test_a_number_that_nothing_bears_out_is_looked_at():
    wanted = prepare(Identity(System.GATEWAY, "g1", "Amanda Weber", known_as=((System.ERP, "C1"),)))
    found = score(wanted, erp(name="Amanda Roberts"))
    assert found.against == ("the number agrees, and nothing else does",)


def test_two_that_fit_equally_are_for_a_person():
    twins = [erp(ref, name="Ann Lee", phone="555 123 4567", address=HOME) for ref in ("C1", "C2")]
    found = best(gateway(name="Ann Lee", address=HOME), twins, Policy())
    assert [match.band for match in found] == [Band.REVIEW, Band.REVIEW]


def test_only_records_that_share_a_key_are_compared():
    there = [erp(f"C{n}", name=f"Person{n:05} Lastname{n:05}") for n in range(500)]
    there.append(erp("C900", name="Robert Müller", address=HOME))
    index = Index(there)
    assert [one.identity.ref for one in index.near(gateway(name="Bob Mueller"))] == ["C900"]


def test_no_policy_links_below_what_was_measured():
    with pytest.raises(ValueError, match="between 65 and 100"):
        Policy(link_from=50)
    with pytest.raises(ValueError, match="Review begins"):
        Policy(review_from=90, link_from=80)


def test_a_score_is_told_as_experience_and_never_as_a_bare_number():
    sure = score(gateway(name="Ann Lee", email="lee@gmail.com", address=HOME),
                 erp(name="Ann Lee", email="lee@gmail.com", address=HOME))  # fmt: skip
    known = experience(sure)
    assert known.right / known.of >= 0.99
    assert known.words == (
        f"{known.right:,} of {known.of:,} suggestions like this were right in our trial."
    )
