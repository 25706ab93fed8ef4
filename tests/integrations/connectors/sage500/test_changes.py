"""The cursor over changed invoices."""

from datetime import datetime, timedelta

from integrations.connectors.sage500.changes import LOWEST_KEY, MOST_REMEMBERED, ChangeCursor

NOON = datetime(2010, 12, 1, 12)  # noqa: DTZ001  (as Sage keeps it)
OVERLAP = timedelta(seconds=60)


def row(key, changed=NOON, counter=0):
    return {"InvcKey": key, "ChangedAt": changed, "UpdateCounter": counter}


def moved(cursor, rows, *, has_more=False, read_at=NOON):
    return ChangeCursor.read(cursor).moved(
        rows, has_more=has_more, read_at=read_at, overlap=OVERLAP
    )


def test_nothing_read_leaves_the_cursor_empty():
    assert moved({}, []) == {}


def test_a_full_page_goes_on_behind_its_last_row():
    position = ChangeCursor.read(moved({}, [row(1), row(2)], has_more=True))
    assert position.after == (NOON, 2)


def test_a_finished_walk_begins_again_before_the_clock_of_its_reading():
    position = ChangeCursor.read(moved({}, [row(1)]))
    assert position.after == (NOON - OVERLAP, LOWEST_KEY)
    assert not position.is_news(row(1))
    assert position.is_news(row(1, counter=1))
    assert position.is_news(row(2, NOON - timedelta(seconds=30)))


def test_old_rows_are_not_read_again_for_ever():
    cursor = moved({}, [row(1)])
    later = moved(cursor, [], read_at=NOON + timedelta(hours=1))
    assert ChangeCursor.read(later).after == (NOON, LOWEST_KEY)


def test_the_cursor_remembers_only_so_many_rows():
    cursor = moved({}, [row(key) for key in range(MOST_REMEMBERED + 50)])
    assert len(cursor["recent"]) == MOST_REMEMBERED
