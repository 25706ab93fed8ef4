"""The pages for each role: their pictures, addresses and words exist in the product."""

import ast
import importlib.util
import re
from functools import cache
from pathlib import Path

import pytest
from django.urls import resolve

from audit.roles import Role

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs" / "for").glob("*.md"))
PICTURES = ROOT / "docs" / "pictures"
SCENES = ROOT / "scripts" / "doc_scenes.py"
APPS = ("audit", "config", "console", "integrations", "mapping", "reconciliation")
MOST_BYTES = 3_000_000

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def named(page):
    return re.findall(r"!\[[^\]]+\]\(\.\./pictures/([\w-]+)\.webp\)", page.read_text())


@cache
def words_of_the_product():
    """What stands between the tags of its templates, and the literals of its code."""
    words = set()
    for template in (ROOT / "templates").rglob("*.html"):
        bare = re.sub(r"<span class=\"sr\">.*?</span>", "", template.read_text())
        for text in re.split(r"<[^>]*>|{%.*?%}|{{.*?}}", bare):
            words.add(text.strip())
    for app in APPS:
        for module in (ROOT / app).rglob("*.py"):
            if '"' in (text := module.read_text()):
                words |= {
                    node.value
                    for node in ast.walk(ast.parse(text))
                    if isinstance(node, ast.Constant) and isinstance(node.value, str)
                }
    return words


def test_every_role_has_a_page():
    assert {page.stem for page in PAGES} == {role.value for role in Role}


def test_every_picture_is_named_once_taken_by_a_scene_and_there():
    shown = [name for page in PAGES for name in named(page)]
    taken = re.findall(r"\.shot\(\s*\"([\w-]+)\"", SCENES.read_text())
    assert len(shown) == len(set(shown))
    assert set(shown) == {file.stem for file in PICTURES.iterdir()} == set(taken)
    assert sum(file.stat().st_size for file in PICTURES.iterdir()) < MOST_BYTES


def test_the_maker_of_pictures_names_what_is_missing_and_what_is_too_much():
    spec = importlib.util.spec_from_file_location("pictures", ROOT / "scripts/doc_picture_set.py")
    pictures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pictures)
    assert pictures.faults_of({"a": b"1", "b": b"2"}, {"b", "c"}) == [
        "A page names c, which no scene takes.",
        "No page names a.",
    ]
    assert pictures.faults_of({"a": b"0" * (MOST_BYTES + 1)}, {"a"}) == [
        "3,000,001 bytes are too many."
    ]
    assert pictures.named_in(ROOT / "docs" / "for") == {file.stem for file in PICTURES.iterdir()}


@each_page
def test_every_address_leads_to_a_page_of_the_product(page):
    addresses = re.findall(r"`(/[^`\s]*/|/)`", page.read_text())
    assert addresses
    for address in addresses:
        assert resolve(address)


@each_page
def test_every_word_to_press_or_to_look_for_is_the_products(page):
    bold = {
        " ".join(text.split()) for text in re.findall(r"\*\*(.+?)\*\*", page.read_text(), re.DOTALL)
    }
    assert bold
    assert not bold - words_of_the_product()


@each_page
def test_every_picture_says_what_it_shows_and_is_a_webp(page):
    for name in named(page):
        assert (PICTURES / f"{name}.webp").read_bytes()[8:12] == b"WEBP"
