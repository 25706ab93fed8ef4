"""Rule sets as the schema shows them."""

from __future__ import annotations

from typing import Final

from drf_spectacular.utils import OpenApiExample

RULE_SET: Final = OpenApiExample(
    "A version that waits for the second person",
    response_only=True,
    value={
        "id": 7,
        "pair": "paytrace-sage500",
        "number": 3,
        "state": "reviewed",
        "standing": "Waits for approval",
        "active_from": None,
        "ends_on": None,
        "note": "A clearing account for American Express.",
        "based_on_id": 4,
        "created_by": "user:mara",
        "handed_in_by": "key:rules-pipeline",
        "approved_by": "",
        "created_at": "2011-02-14T09:12:44Z",
        "deposit_pattern": "MERCHANT DEPOSIT",
        "editors": ["user:mara", "key:rules-pipeline"],
        "edited_at": "2011-02-14T10:01:13Z",
        "sealed_at": "2011-02-14T10:01:13Z",
    },
)
RULE_IMPORT: Final = OpenApiExample(
    "A file that would add one account",
    response_only=True,
    value={
        "id": 12,
        "pair": "paytrace-sage500",
        "version_id": None,
        "kind": "",
        "name": "paytrace-sage500-v2.yaml",
        "note": "A clearing account for American Express.",
        "made_by": "key:rules-pipeline",
        "made_at": "2011-02-14T09:12:44Z",
        "compared_with": 2,
        "checks": [
            {
                "kind": "accounts",
                "name": "GL accounts",
                "counts": {"Added": 1},
                "changes": [
                    {
                        "word": "Added",
                        "place": 2,
                        "before": "",
                        "after": "If the card is AMEX, the account for Card clearing is 1060-00.",
                    }
                ],
                "more": 0,
                "refusals": [],
                "refused": 0,
            }
        ],
        "refused": 0,
        "seen": "5feceb66ffc86f38d952",
    },
)
RULE_FILE: Final = OpenApiExample(
    "The beginning of a file",
    media_type="application/yaml",
    response_only=True,
    value={
        "format": "1",
        "name": "PayTrace and Sage 500, version 2",
        "for": {"gateway": "paytrace", "erp": "sage500"},
        "deposit_pattern": "MERCHANT DEPOSIT",
        "rules": {"accounts": [{"role": "clearing", "account": "1055-00-00"}]},
    },
)
