from datetime import date

import pytest

from mapping.rule_set_table import ends_on, standing, with_ends
from tests.builders import (
    AccountRuleFactory,
    EffectFactory,
    PairFactory,
    RuleSetVersionFactory,
    ValidationRuleFactory,
)
from tests.clock import business_day  # noqa: F401
from tests.pages import row_ids
from tests.world import operator

pytestmark = pytest.mark.django_db
BEFORE_AND_NOW = '<td data-label="Before">1050</td><td data-label="Now">1055</td>'


@pytest.fixture
def desk(client, business_day):  # noqa: F811
    client.force_login(operator())
    return client


@pytest.fixture
def versions():
    """Three of one pair: one that was in force, one that is, and a draft."""
    pair = PairFactory(name="Shops")
    first = RuleSetVersionFactory(pair=pair, number=1, active_from=date(2010, 12, 1))
    second = RuleSetVersionFactory(pair=pair, number=2, active_from=date(2011, 2, 1))
    draft = RuleSetVersionFactory(pair=pair, number=3, state="draft", active_from=None)
    for version, account in ((first, "1050"), (second, "1055"), (draft, "1055")):
        AccountRuleFactory(version=version, position=1, account=account)
    return first, second, draft


def text(response):
    return " ".join(response.content.decode().split())


def test_a_version_ends_on_the_day_before_the_next_one(versions):
    found = {row.number: row for row in with_ends()}
    assert ends_on(found[1]) == date(2011, 1, 31)
    assert ends_on(found[2]) is ends_on(found[3]) is None


@pytest.mark.parametrize(
    ("day", "word"),
    [
        (date(2010, 11, 30), "Comes into force"),
        (date(2010, 12, 1), "In force"),
        (date(2011, 1, 31), "In force"),
        (date(2011, 2, 1), "Was in force"),
    ],
)
def test_how_a_version_stands_depends_on_the_day(versions, day, word):
    assert standing(with_ends().get(number=1), day)[0] == word


def test_the_list_shows_every_version_and_how_it_stands(desk, versions):
    page = desk.get("/rule-sets/")
    assert row_ids(page) == [row.pk for row in reversed(versions)]
    for word in ("Was in force", "In force", "Draft"):
        assert f">{word}</span>" in text(page)


def test_versions_are_filtered_by_pair_and_state(desk, versions):
    other = RuleSetVersionFactory()
    assert row_ids(desk.get("/rule-sets/", {"pair": other.pair.pk})) == [other.pk]
    assert row_ids(desk.get("/rule-sets/", {"state": "draft"})) == [versions[2].pk]
    assert desk.get("/rule-sets/", {"state": "nonsense"}).status_code == 422


def test_a_version_says_what_changed_against_the_one_before(desk, versions):
    page = text(desk.get(f"/rule-sets/{versions[1].pk}/"))
    assert "What changed against version 1" in page
    assert BEFORE_AND_NOW in page
    assert "Nothing: both say the same." in text(desk.get(f"/rule-sets/{versions[2].pk}/"))
    assert "first version" in text(desk.get(f"/rule-sets/{versions[0].pk}/"))


def test_any_other_version_can_be_compared_and_one_that_is_none_cannot(desk, versions):
    url = f"/rule-sets/{versions[2].pk}/"
    assert BEFORE_AND_NOW in text(desk.get(url, {"against": "1"}))
    for number in ("9", "3", "x"):
        assert desk.get(url, {"against": number}).status_code == 404


def test_a_version_leads_to_the_postings_it_decided_and_back(desk, versions):
    decided = EffectFactory(version=versions[0]).posting
    EffectFactory(version=versions[1])
    url = f"/postings/?version={versions[0].pk}"
    assert f'href="{url}"' in text(desk.get(f"/rule-sets/{versions[0].pk}/"))
    page = desk.get(url)
    assert row_ids(page) == [decided.pk]
    assert f'<a href="/rule-sets/{versions[0].pk}/">version 1 of Shops</a>' in text(page)
    assert f'href="/rule-sets/{versions[0].pk}/"' in text(desk.get(f"/postings/{decided.pk}/"))


def test_a_version_leads_to_its_replays(desk, versions):
    shown = text(desk.get(f"/rule-sets/{versions[2].pk}/"))
    assert (
        f'<a class="button" href="/rule-sets/{versions[2].pk}/replay/">Try on a past period</a>'
        in shown
    )


@pytest.mark.parametrize("version", ["999999", "x"])
def test_a_version_that_does_not_exist_selects_no_posting(desk, versions, version):
    EffectFactory(version=versions[0])
    response = desk.get("/postings/", {"version": version})
    assert response.status_code == 422
    assert row_ids(response) == []


def test_an_account_is_found_in_the_rule_sets_that_name_it(desk, versions):
    page = text(desk.get("/find/", {"q": "1055"}))
    assert "Card clearing is account 1055" in page
    assert "Version 2 of Shops" in page


def test_a_draft_is_compared_with_the_version_that_it_was_made_from(desk, versions):
    first, _, draft = versions
    draft.based_on = first
    draft.save()
    assert "What changed against version 1" in text(desk.get(f"/rule-sets/{draft.pk}/"))


def test_a_kind_without_sentences_stands_by_its_labels_and_only_where_it_has_rows(desk, versions):
    ValidationRuleFactory(version=versions[0], kind="sale")
    page = text(desk.get(f"/rule-sets/{versions[0].pk}/"))
    assert "Check: The amount is not zero, Type of transaction: sale" in page
    assert "Otherwise: post it and show it to a person" in page
    assert "Validations" not in text(desk.get(f"/rule-sets/{versions[1].pk}/"))


def test_a_draft_that_was_given_up_is_set_aside_and_one_handed_in_waits(versions):
    draft = versions[2]
    for state, word in (("retired", "Set aside"), ("reviewed", "Waits for approval")):
        draft.state = state
        assert standing(draft, date(2011, 2, 14))[0] == word
