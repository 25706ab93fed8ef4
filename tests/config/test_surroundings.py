import pytest
from django.core import mail
from django.db import OperationalError

from config import surroundings, workers
from integrations.models import Alert
from integrations.services import alerts

pytestmark = pytest.mark.django_db
GONE = OperationalError("connection refused")


@pytest.fixture(autouse=True)
def somebody(settings):
    settings.TIEOUT_ALERT_EMAILS = ("ops@example.com",)


def free(monkeypatch, percent):
    monkeypatch.setattr(surroundings, "free_percent", lambda: percent)


def test_a_disk_that_fills_is_an_alert_until_there_is_room(monkeypatch):
    around = surroundings.Surroundings()
    free(monkeypatch, 3.0)
    around.look(0.0)
    assert Alert.objects.get(state="open").kind == "disk_full"
    free(monkeypatch, 40.0)
    around.look(surroundings.DISK_EVERY - 1)
    assert Alert.objects.filter(state="open").exists()
    around.look(surroundings.DISK_EVERY + 1)
    assert not Alert.objects.filter(state="open").exists()


def test_a_full_disk_that_cannot_be_noted_is_mailed_once(monkeypatch):
    def refuses(*args):
        raise OperationalError("no space left on device")

    around = surroundings.Surroundings()
    free(monkeypatch, 0.0)
    monkeypatch.setattr(alerts, "raise_alert", refuses)
    for moment in (0.0, 61.0, 122.0):
        with pytest.raises(OperationalError):
            around.look(moment)
    assert len(mail.outbox) == 1
    assert "0.0 %" in mail.outbox[0].subject


def test_a_database_that_restarts_is_noted_and_not_mailed():
    around = surroundings.Surroundings()
    around.lost(0.0, GONE)
    around.found(5.0)
    assert mail.outbox == []
    assert Alert.objects.get().title.startswith("The database could not be reached for 5 seconds")
    around.found(6.0)
    assert Alert.objects.get().count == 1


def test_a_lost_database_is_mailed_once_and_again_when_it_is_back():
    around = surroundings.Surroundings()
    for moment in (0.0, 20.0, 31.0, 90.0):
        around.lost(moment, GONE)
    assert [sent.subject for sent in mail.outbox] == [
        "[Tieout] Urgent, Operations: The database cannot be reached."
    ]
    around.found(120.0)
    assert "for 120 seconds; it is back" in mail.outbox[1].subject


def test_with_nobody_to_mail_the_log_has_it(settings, caplog):
    settings.TIEOUT_ALERT_EMAILS = ()
    assert not surroundings.mail_directly("The database cannot be reached.", "")
    assert "names nobody to mail" in caplog.text


def test_a_mail_server_that_is_gone_does_not_end_the_watch(settings, caplog):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert not surroundings.mail_directly("The database cannot be reached.", "")
    assert "could not be mailed" in caplog.text


def test_a_wedged_queue_leaves_an_alert(monkeypatch):
    monkeypatch.setattr(workers, "PATIENCE", 0.0)
    monkeypatch.setattr(workers, "tasks_wait", lambda: True)
    workers.watch(lambda: None, every=0.01)
    assert Alert.objects.get(kind="workers_stopped").state == "open"
