"""A whole rule set as a file that people review: YAML, in the order in which rules are tried.

Every value is read as the text that stands there: `0100` stays an account and `no` a word.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from audit import guard
from mapping.kinds import KINDS
from mapping.models import RuleSetVersion
from mapping.services.editing import MOST_ROWS, values_of
from mapping.services.rulesets import RuleSetError

FORMAT: Final = "1"
LARGEST: Final = 2 * 1024 * 1024
DEEPEST: Final = 6
_HEAD: Final = """\
# A rule set of Tieout: which accounts, methods, fees and actions a payment route uses.
# {source}
# Within a kind the first row whose conditions hold wins. A condition that is left out holds for
# everything. Import it as a draft on the page "Rule sets", or with `manage.py rules import`;
# what would change is shown before anything does.
"""
_KEYS: Final = ("format", "name", "for", "deposit_pattern", "rules")


@dataclass(frozen=True, slots=True)
class RuleFile:
    """`rules` has for each kind its rows, each a value for each column that was given."""

    name: str
    deposit_pattern: str
    rules: Mapping[str, Sequence[dict[str, str]]] = field(default_factory=dict)


def dump(version: RuleSetVersion, source: str = "") -> str:
    """The file of a version. The same rows make the same text, whenever and wherever."""
    pair = version.pair
    content = {
        "format": FORMAT,
        "name": f"{pair.name}, version {version.number}",
        "for": {"gateway": pair.gateway.connector, "erp": pair.erp.connector},
        "deposit_pattern": version.deposit_pattern,
        "rules": {
            slug: [
                {name: text for name, text in values_of(kind, row).items() if text}
                for row in kind.objects(version)
            ]
            for slug, kind in KINDS.items()
        },
    }
    head = _HEAD.format(source=source or f"Version {version.number} of {pair.name}.")
    return head + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)


def load_bytes(body: bytes) -> RuleFile:
    """As `load`, of a file as it came."""
    try:
        return load(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise RuleSetError("The file is no text in UTF-8.") from error


def load(text: str) -> RuleFile:
    """The rule set that a file holds. Raises RuleSetError with what is wrong, and where."""
    if len(text) > LARGEST:
        raise RuleSetError("The file is larger than 2 MB.")
    if guard.inspect_text(text).findings:
        raise RuleSetError("The file holds what looks like a card number. Nothing was kept.")
    content = _parsed(text)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise RuleSetError("This is no rule set file: it has to begin with `format: '1'`.")
    unknown = [key for key in content if key not in _KEYS]
    if unknown:
        raise RuleSetError(f"{unknown[0]!r} is nothing that a rule set file has.")
    rules = content.get("rules") or {}
    if not isinstance(rules, dict):
        raise RuleSetError("`rules` has to hold a list of rows for each kind.")
    return RuleFile(
        name=str(content.get("name", "")),
        deposit_pattern=str(content.get("deposit_pattern", "")),
        rules={str(slug): _rows(str(slug), rows) for slug, rows in rules.items()},
    )


def _rows(slug: str, rows: Any) -> list[dict[str, str]]:
    if slug not in KINDS:
        raise RuleSetError(f"{slug!r} is no kind of rule; there are {', '.join(KINDS)}.")
    if not isinstance(rows, list):
        if rows in ("", None):
            return []
        raise RuleSetError(f"{slug} has to be a list of rows.")
    if len(rows) > MOST_ROWS:
        raise RuleSetError(f"{slug} has more than {MOST_ROWS:,} rows.")
    return [_row(slug, place, row) for place, row in enumerate(rows, start=1)]


def _row(slug: str, place: int, row: Any) -> dict[str, str]:
    if not isinstance(row, dict) or not all(isinstance(value, str) for value in row.values()):
        raise RuleSetError(f"Row {place} of {slug} has to be a list of `column: value`.")
    unknown = [name for name in row if name not in KINDS[slug].columns]
    if unknown:
        columns = ", ".join(KINDS[slug].columns)
        raise RuleSetError(f"Row {place} of {slug}: there is no column {unknown[0]!r} ({columns}).")
    return {str(name): str(value) for name, value in row.items()}


class _Texts(yaml.SafeLoader):
    """Builds lists, mappings and texts, nothing else; a key stands once."""

    yaml_implicit_resolvers: dict[str, Any] = {}

    def construct_scalar(self, node: Any) -> Any:
        """Escapes can write what no row of the database holds."""
        found = super().construct_scalar(node)
        if "\0" in found or not _is_text(found):
            line = node.start_mark.line + 1
            raise RuleSetError(f"Line {line} holds a character that no rule can have.")
        return found

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = [key for at, key in enumerate(keys) if key in keys[:at]]
        if twice:
            line = node.start_mark.line + 1
            raise RuleSetError(f"{twice[0]!r} stands twice in what begins in line {line}.")
        return super().construct_mapping(node, deep)


def _is_text(found: str) -> bool:
    try:
        found.encode()
    except UnicodeEncodeError:
        return False
    return True


def _parsed(text: str) -> Any:
    try:
        depth = 0
        for event in yaml.parse(text, Loader=_Texts):
            if isinstance(event, yaml.AliasEvent):
                raise RuleSetError("A rule set file has no references (`*name`).")
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise RuleSetError("The file is nested too deep for a rule set.")
        return yaml.load(text, Loader=_Texts)  # noqa: S506  (a SafeLoader that knows texts alone)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise RuleSetError(f"The file is no valid YAML{where}.") from error
