-- What workers and people did. The chain's hashes are made up: its own test is not this one.

INSERT INTO audit_entry (version, recorded_at, actor, action, subject_type, subject_id, summary,
  details)
SELECT 1, at, actor, action, subject_type,
       subject_id, summary, details
  FROM (
    SELECT entered_at AS at, 'worker' AS actor, 'posting.' || state AS action,
           'posting' AS subject_type, id::text AS subject_id, '' AS summary,
           jsonb_build_object('key', key, 'code', code, 'attempt', 1, 'document', document_no,
             'differences', '[]'::jsonb) AS details
      FROM integrations_posting WHERE entered_at IS NOT NULL
    UNION ALL
    SELECT o.at, 'worker', 'transactions.decided', 'pair', p.pair_id::text,
           count(*) || ' transaction(s) decided under rule set 1.',
           jsonb_build_object('version', 1, 'decided',
             jsonb_object_agg(400000000 + o.of, 'cash_receipt'))
      FROM bench_posting o JOIN bench_pair p USING (g) WHERE o.of IS NOT NULL
     GROUP BY o.batch_id, o.at, p.pair_id
    UNION ALL
    SELECT max(at), 'worker', 'facts.booked', 'connection', connection_id::text,
           count(DISTINCT envelope_id) || ' envelope(s) read, ' || count(*) || ' new fact(s).',
           jsonb_build_object('envelopes', jsonb_agg(DISTINCT envelope_id))
      FROM bench_fact GROUP BY connection_id, date_trunc('hour', at)
    UNION ALL
    SELECT at, actor, 'exception.' || action, 'exception', item_id::text, text, '{}'
      FROM reconciliation_exceptionnote
    UNION ALL
    SELECT b.at - bench_dice(n, 50) * make_interval(days => %(days)s),
           'user:' || bench_one_of(bench_dice(n, 51), '{ann,ben,cleo}', '{50,85}'),
           bench_one_of(bench_dice(n, 52), '{list.exported,envelope.opened,session.began}', '{10,20}'),
           'user', n::text, 'At the console.', '{}'
      FROM generate_series(1::bigint, greatest(%(rows)s / 50, 100)) AS n, bench_now b) done
 ORDER BY at, action, subject_id;

INSERT INTO audit_chainlink (position, entry_id, hash)
SELECT id, id, encode(sha256(id::text::bytea), 'hex') FROM audit_entry
 WHERE id <= (SELECT max(id) - 200 FROM audit_entry) ORDER BY id;
INSERT INTO audit_checkpoint (position, hash, sealed_at, entries, through_id, seal)
SELECT position, hash, e.recorded_at, 500, position, hash
  FROM audit_chainlink JOIN audit_entry e ON e.id = entry_id WHERE position %% 500 = 0;
