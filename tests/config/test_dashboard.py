import pytest

from config.dashboard import answer_of
from tests.builders import ConnectionFactory, PullFactory, SettlementBatchFactory
from tests.clock import business_day  # noqa: F401
from tests.world import viewer


@pytest.mark.parametrize(
    ("batches", "exceptions", "failing", "tone", "sentence"),
    [
        ({}, 0, [], "good", "Nothing has settled yet."),
        ({"Tied out": 3}, 0, [], "good", "Everything is tied out."),
        ({"Tied out": 3, "Waiting": 1}, 0, [], "good", "Nothing needs you; some money"),
        ({"Tied out": 3}, 1, [], "warn", "1 exception needs a person."),
        ({"Tied out": 3, "Discrepant": 1}, 2, [], "bad", "2 exceptions need a person."),
        ({"Discrepant": 1}, 0, [], "bad", "Not every batch ties out; nothing is open."),
        ({"Tied out": 3}, 0, ["PayTrace"], "bad", "PayTrace cannot be read"),
    ],
)
def test_the_answer_says_whether_all_is_tied_out_and_what_needs_a_person(
    batches, exceptions, failing, tone, sentence
):
    answer = answer_of(batches, exceptions, failing)
    assert answer.sentence.startswith(sentence)
    assert answer.tone == tone


@pytest.mark.parametrize(
    ("batches", "detail"),
    [
        ({"Tied out": 1}, "1 batch ties out to the cent."),
        ({"Tied out": 1200}, "1,200 batches tie out to the cent."),
        (
            {"Tied out": 5, "Discrepant": 1, "Waiting": 2, "Open": 1},
            "5 of 8 settled batches tie out, 1 has a difference, 2 wait for the bank or the ERP.",
        ),
    ],
)
def test_the_detail_counts_the_batches_in_words(batches, detail):
    assert answer_of(batches, 0, []).detail == detail


@pytest.mark.django_db
def test_an_empty_installation_has_a_dashboard(client, business_day):  # noqa: F811
    client.force_login(viewer())
    html = client.get("/").content.decode()
    assert "Nothing has settled yet." in html
    assert "Business day" in html


@pytest.mark.django_db
def test_a_failing_connection_stands_on_the_dashboard_with_its_problem(client, business_day):  # noqa: F811
    PullFactory(connection=ConnectionFactory(), failures=1, problem="Credentials were refused.")
    SettlementBatchFactory(tied_out=True)
    client.force_login(viewer())
    html = client.get("/").content.decode()
    assert "PayTrace cannot be read" in html
    assert "Reading transactions failed once. Credentials were refused." in html


@pytest.mark.django_db
@pytest.mark.parametrize(("mode", "shown"), [("demo", True), ("development", False)])
def test_the_demo_wears_a_ribbon(client, settings, business_day, mode, shown):  # noqa: F811
    settings.TIEOUT_MODE = mode
    client.force_login(viewer())
    assert ('class="ribbon"' in client.get("/").content.decode()) is shown
