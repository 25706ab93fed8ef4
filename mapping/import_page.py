"""What a file would change, kind by kind, as sentences: for the page and for other software."""

from __future__ import annotations

from typing import Any, Final

from mapping.comparing import Word
from mapping.kinds import Kind
from mapping.models import RuleSetVersion
from mapping.sentences import sentence
from mapping.services import editing
from mapping.services.imports import Check

#: Changes, and refused rows, of a kind that are told one by one; the rest is counted.
SHOWN: Final = 200


def shown(check: Check) -> dict[str, Any]:
    """The changes of a kind as sentences, the most that a page shows."""
    changes = check.of(Word.ADDED, Word.CHANGED, Word.MOVED, Word.REMOVED)
    counts = [(word, len(check.of(word))) for word in Word if word != Word.SAME]
    return {
        "kind": check.kind,
        "changes": [
            {
                "word": change.word,
                "place": change.place or change.was,
                "before": _sentence(check.kind, change.before, change.was),
                "after": _sentence(check.kind, change.after, change.place),
            }
            for change in changes[:SHOWN]
        ],
        "more": max(len(changes) - SHOWN, 0),
        "counts": [(word, count) for word, count in counts if count],
        "refusals": check.refusals[:SHOWN],
        "refused": len(check.refusals),
    }


def _sentence(kind: Kind, values: object, place: int) -> str:
    if not isinstance(values, dict):
        return ""
    row = editing.checked(kind, RuleSetVersion(), values, is_one=False)
    return sentence(kind, row, place == 1)
