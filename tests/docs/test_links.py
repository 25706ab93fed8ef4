"""Documents name only what exists: links, headings, files, commands, targets and tests."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("", "docs", "docs/for", "docs/decisions")
PAGES = sorted(page for folder in FOLDERS for page in (ROOT / folder).glob("*.md"))
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
#: What a page may name below the root although no checkout holds it.
MADE = (".venv/", ".tieout", "audit/heads-")

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def anchors(page):
    heads = re.findall(r"^#+ (.*)$", FENCED.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@each_page
def test_every_link_leads_somewhere(page):
    for target in LINK.findall(FENCED.sub("", page.read_text())):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{target} leads nowhere"
        assert not anchor or anchor in anchors(file), f"{target} names no heading"


@each_page
def test_every_command_exists(page):
    text = page.read_text()
    named = set(re.findall(r"manage\.py ([a-z_]+)", text))
    assert named <= set(get_commands())
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    quoted = "\n".join(CODE.findall(text) + FENCED.findall(text))
    assert set(re.findall(r"\bmake ([a-z-]+)", quoted)) <= targets


@each_page
def test_every_file_that_is_named_exists(page):
    tops = {path.name for path in ROOT.iterdir() if path.is_dir()}
    for named in CODE.findall(FENCED.sub("", page.read_text())):
        path = named.partition("::")[0]
        if not re.fullmatch(r"[\w./-]+/[\w./-]*", path) or path.startswith(MADE):
            continue
        if path.split("/")[0] in tops:
            assert (ROOT / path).exists(), f"{path} does not exist"


def test_every_promise_has_a_test_that_exists():
    rows = re.findall(
        r"^\| (P\d+) \|.*\|([^|]*)\|$", (ROOT / "README.md").read_text(), re.MULTILINE
    )
    assert [number for number, _ in rows] == [f"P{number}" for number in range(1, 11)]
    for number, cell in rows:
        named = [code.partition("::") for code in CODE.findall(cell)]
        assert named, f"{number} names no test"
        for path, _, test in named:
            assert not test or f"def {test}(" in (ROOT / path).read_text(), f"{path}::{test}"
            assert test or list((ROOT / path).rglob("test_*.py")) or (ROOT / path).is_file()


def test_every_document_and_decision_is_in_the_list():
    listed = LINK.findall((ROOT / "docs" / "README.md").read_text())
    there = [page.relative_to(ROOT / "docs") for page in PAGES if page.parent != ROOT]
    assert {str(page) for page in there} - {"README.md"} <= set(listed)
