"""Keys of a single character can be switched off: who dictates would set them off by speaking."""

import pytest

pytestmark = pytest.mark.django_db


def page(client):
    return client.get("/profile/").content.decode()


def test_keys_of_a_single_character_are_on_until_they_are_switched_off(desk):
    assert 'data-single-keys="on"' in page(desk)
    answer = desk.post("/shortcuts/", {"keys": "off"}, follow=True)
    assert "Shortcuts of a single key are off on this device." in answer.content.decode()
    assert 'data-single-keys="off"' in page(desk)
    assert "Find anything  /" not in page(desk)


def test_they_can_be_switched_on_again(desk):
    desk.post("/shortcuts/", {"keys": "off"})
    desk.post("/shortcuts/", {"keys": "on"})
    assert 'data-single-keys="on"' in page(desk)


def test_another_word_than_off_leaves_them_on(desk):
    desk.post("/shortcuts/", {"keys": "nonsense"})
    assert 'data-single-keys="on"' in page(desk)
