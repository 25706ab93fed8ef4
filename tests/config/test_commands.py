import threading

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from config.embedded import Server, ensure_running
from config.management.commands.migrate import MIGRATION_LOCK


def test_stop_database_stops_the_server_of_the_data_folder(settings, tmp_path, capsys):
    settings.TIEOUT_HOME = tmp_path / "home"
    server = ensure_running(settings.TIEOUT_HOME)
    call_command("stop_database")
    assert not server.answers()
    assert "is stopped" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_migrate_waits_for_another_that_is_at_work():
    name = connection.settings_dict["NAME"]
    done = threading.Event()

    def migrate() -> None:
        call_command("migrate", verbosity=0)
        connection.close()
        done.set()

    with psycopg.connect(Server(settings.TIEOUT_HOME).url(name), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        thread = threading.Thread(target=migrate)
        thread.start()
        assert not done.wait(1)
    thread.join(30)
    assert done.is_set()
