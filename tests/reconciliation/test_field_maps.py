"""A field map in the flow: what is posted, what is held, and what a replay says of it."""

from mapping.models import FieldRule, RuleSetVersion
from reconciliation.choices import ExceptionState, ImpactState, Reason
from reconciliation.models import Effect, ExceptionItem
from reconciliation.services import desk
from tests.reconciliation.desk_world import FINANCE
from tests.reconciliation.test_impact import draft_of, replay
from tests.sealed import unsealed

COMMENT = 'concat("Order ", reference_1)'


def map_comment(formula):
    version = RuleSetVersion.objects.get(number=1)
    with unsealed():
        FieldRule.objects.filter(version=version).delete()
        FieldRule.objects.create(
            version=version, position=1, target="receipt.comment", formula=formula
        )


def test_the_receipt_in_the_erp_says_what_the_map_makes(hub):
    map_comment(COMMENT)
    number = hub.invoice("1", "45.00")
    hub.payment("45.00", f"INV {number}")
    hub.run()
    effect = Effect.objects.get(kind="receipt")
    assert effect.posting.draft["comment"] == f"Order INV {number}"
    assert any(rule.startswith("field 1:") for rule in effect.rules)


def test_a_text_that_is_too_long_is_held_until_the_map_fits(hub):
    map_comment('concat(reference_1, "-----------------------------------------------------")')
    hub.payment("45.00", f"INV {hub.invoice('1', '45.00')}")
    hub.run()
    item = ExceptionItem.objects.get(reason=Reason.FIELD_UNFIT)
    assert "the field takes 50" in item.message
    assert not Effect.objects.exists()
    map_comment(COMMENT)
    desk.retry(item, FINANCE)
    hub.run()
    item.refresh_from_db()
    assert item.state == ExceptionState.RESOLVED
    assert Effect.objects.filter(kind="receipt").count() == 1


def test_a_replay_shows_the_other_text_and_no_money(hub):
    hub.payment("45.00", f"INV {hub.invoice('1', '45.00')}")
    hub.run()
    draft = draft_of(hub)
    assert replay(draft).same == 1
    FieldRule.objects.create(
        version=draft, position=1, target="receipt.comment", formula='concat("Card ", method)'
    )
    found = replay(draft)
    assert (found.state, found.changed, found.accounts) == (ImpactState.DONE, 1, {})
    row = found.rows.get()
    assert row.before["comment"].startswith("Card payment ")
    assert row.after["comment"] != row.before["comment"]
