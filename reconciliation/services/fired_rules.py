"""Which rules fired: read from what they decided."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db import connection

from integrations.models import Pair

_BY_EFFECTS = """
SELECT effect.version_id, fired.name, count(*)
  FROM reconciliation_effect effect, jsonb_array_elements_text(effect.rules) AS fired(name)
 WHERE effect.pair_id = %s AND effect.business_on >= %s
 GROUP BY effect.version_id, fired.name
"""
#: What leads to nothing has no effect; the version is the one in force on its day.
_BY_TRANSACTIONS = """
SELECT version.id, decided.decided_rule, sum(decided.times)
  FROM (SELECT decided_rule, captured_on, count(*) AS times
          FROM reconciliation_transaction transaction
         WHERE connection_id = %s AND captured_on >= %s AND decision = 'nothing'
           AND decided_rule <> ''
         GROUP BY decided_rule, captured_on) decided
 CROSS JOIN LATERAL (SELECT id FROM mapping_rulesetversion
                      WHERE pair_id = %s AND state = 'active' AND active_from <= captured_on
                      ORDER BY active_from DESC LIMIT 1) version
 GROUP BY version.id, decided.decided_rule
"""
#: What a risk rule holds back has no effect yet; its exception names row and version.
_BY_RISKS = """
SELECT version.id, item.details->>'fired', count(*)
  FROM reconciliation_exceptionitem item
  JOIN reconciliation_transaction transaction ON transaction.id = item.transaction_id
  JOIN mapping_rulesetversion version
    ON version.pair_id = %s
   AND item.details->>'rule' LIKE '%% of version ' || version.number
 WHERE item.reason IN ('risk_held', 'risk_blocked') AND item.state IN ('open', 'claimed')
   AND transaction.decision = 'held' AND transaction.connection_id = %s
   AND item.business_on >= %s AND item.details->>'fired' <> ''
 GROUP BY version.id, item.details->>'fired'
"""


def fired_rules(pair: Pair, since: date) -> Iterator[tuple[int, str, int]]:
    """Version, name of the rule, and how often it fired from that business day on."""
    with connection.cursor() as cursor:
        for query, values in (
            (_BY_EFFECTS, (pair.pk, since)),
            (_BY_TRANSACTIONS, (pair.gateway_id, since, pair.pk)),
            (_BY_RISKS, (pair.pk, pair.gateway_id, since)),
        ):
            cursor.execute(query, values)
            for version_id, name, times in cursor.fetchall():
                yield version_id, name, int(times)
