-- What came in: each payment is told of once or twice, some are announced, some are read again.

CREATE UNLOGGED TABLE bench_line AS
WITH paid AS (
  SELECT b.id AS batch_id, p.bank_id, b.closed_on + 2 AS booked_on,
         b.sales - b.refunds - b.fee - CASE WHEN b.state = 'discrepant' THEN 1.25 ELSE 0 END AS amount,
         'MERCHANT DEPOSIT ' || p.account AS description, b.ref AS reference
    FROM bench_batch b JOIN bench_pair p USING (g)
   WHERE b.state IN ('matched', 'tied_out', 'discrepant')),
other AS (
  SELECT NULL::bigint, bank_id, booked_on - 1, -round((20 + 900 * bench_dice(batch_id, 21))::numeric, 2),
         bench_one_of(bench_dice(batch_id, 22), '{RENT,"WIRE OUT",PAYROLL,"CHECK PAID"}', '{25,50,75}'), ''
    FROM paid WHERE bench_dice(batch_id, 23) < 0.3)
SELECT row_number() OVER (ORDER BY booked_on, bank_id, batch_id) AS id, *
  FROM (SELECT * FROM paid UNION ALL SELECT * FROM other) lines;

CREATE UNLOGGED TABLE bench_fact AS
WITH told AS (
  SELECT p.gateway_id AS connection_id, 'transaction' AS kind, t.id AS of, 1 AS stage,
         (400000000 + t.id)::text AS vendor_id, date_bin('30 min', t.captured_at, 'epoch')
           + interval '30 min' AS at, 0 AS page, 'pull' AS source
    FROM bench_payment t JOIN bench_pair p USING (g)
  UNION ALL
  SELECT p.gateway_id, 'transaction', t.id, 2, (400000000 + t.id)::text,
         t.closes_at + interval '20 min',
         row_number() OVER (PARTITION BY t.g, t.captured_on ORDER BY t.id) / 50, 'pull'
    FROM bench_payment t JOIN bench_pair p USING (g) WHERE t.is_settled
  UNION ALL  -- read again by a window that overlaps
  SELECT p.gateway_id, 'transaction', t.id, 3, (400000000 + t.id)::text,
         date_bin('30 min', t.captured_at, 'epoch') + interval '90 min', 0, 'pull'
    FROM bench_payment t JOIN bench_pair p USING (g) WHERE bench_dice(t.id, 24) < 0.3
  UNION ALL  -- announced
  SELECT p.gateway_id, 'hint', t.id, 4, (400000000 + t.id)::text,
         t.captured_at + interval '3 seconds', t.id, 'webhook'
    FROM bench_payment t JOIN bench_pair p USING (g) WHERE bench_dice(t.id, 25) < 0.25
  UNION ALL
  SELECT p.gateway_id, 'batch', b.id, 5, b.ref, b.closed_at + interval '25 min', 0, 'pull'
    FROM bench_batch b JOIN bench_pair p USING (g)
  UNION ALL
  SELECT bank_id, 'bank_line', id, 6, '', booked_on + time '15:00', 0, 'file' FROM bench_line)
SELECT row_number() OVER (ORDER BY told.at, connection_id, page, of) AS id,
       dense_rank() OVER (ORDER BY told.at, connection_id, kind, page) AS envelope_id,
       row_number() OVER (PARTITION BY told.at, connection_id, kind, page ORDER BY of) - 1 AS position,
       connection_id, kind, of, stage, vendor_id, least(told.at, b.at) AS at, source
  FROM told, bench_now b;
CREATE UNIQUE INDEX ON bench_fact (stage, of) INCLUDE (id);
ANALYZE bench_fact;

INSERT INTO integrations_envelope (id, connection_id, source, kind, name, identity, received_at,
  business_at, headers, context, key_id, body, size, original_hash, guard_findings, state, problem,
  read_at)
SELECT envelope_id, connection_id, source,
       CASE kind WHEN 'transaction' THEN 'transactions' WHEN 'batch' THEN 'batches'
                 WHEN 'bank_line' THEN 'statement' ELSE 'hint' END,
       CASE kind WHEN 'bank_line' THEN 'statement-' || connection_id || '-' || at::date || '.csv'
                 WHEN 'hint' THEN '' ELSE 'page ' || envelope_id END,
       CASE kind WHEN 'hint' THEN 'msg_' || envelope_id
                 ELSE 'sha256:' || encode(sha256(envelope_id::text::bytea), 'hex') END,
       at, at, '{}', '{}', 'bench', body, octet_length(body), encode(sha256(body), 'hex'), '[]',
       CASE WHEN bench_dice(envelope_id, 26) < 0.0005 THEN 'unreadable' ELSE 'read' END, '', at
  FROM (SELECT envelope_id, connection_id, source, kind, min(at) AS at, string_agg(
                 sha512((id || 'a')::bytea) || sha512((id || 'b')::bytea)
                 || CASE WHEN kind = 'hint' THEN ''::bytea ELSE
                    sha512((id || 'c')::bytea) || sha512((id || 'd')::bytea)
                    || sha512((id || 'e')::bytea) || sha512((id || 'f')::bytea) END,
                 ''::bytea) AS body
          FROM bench_fact GROUP BY 1, 2, 3, 4) sealed ORDER BY envelope_id;

INSERT INTO integrations_fact (id, envelope_id, connection_id, position, kind, vendor_id,
  meaning_hash, turn, "end", rule, reason, duplicate_of_id, ended_at)
SELECT f.id, f.envelope_id, f.connection_id, f.position, f.kind, f.vendor_id,
       CASE WHEN f.kind = 'hint' THEN ''
            ELSE encode(sha256((f.of || '/' || CASE f.stage WHEN 3 THEN 1 ELSE f.stage END)::bytea), 'hex')
       END, 1,
       CASE f.stage WHEN 3 THEN 'duplicate' WHEN 4 THEN 'ignored' ELSE 'booked' END,
       CASE f.stage WHEN 4 THEN 'confirmed by the vendor''s own read' ELSE '' END, '',
       first.id, f.at + interval '2 seconds'
  FROM bench_fact f LEFT JOIN bench_fact first ON f.stage = 3 AND first.stage = 1 AND first.of = f.of
 ORDER BY f.id;

INSERT INTO integrations_pull (connection_id, stream, every_minutes, cursor, through, failures,
  problem, read_at)
SELECT gateway_id, stream, %(every)s, '{}', date_trunc('hour', at), 0, '', at
  FROM bench_pair, bench_now, unnest('{transactions,batches}'::text[]) AS stream;
INSERT INTO integrations_pullreading (pull_id, slot, since, read_at, pages)
SELECT p.id, slot, slot - b.step, slot + interval '2 minutes', 1
  FROM integrations_pull p,
       (SELECT at, make_interval(mins => %(every)s) AS step FROM bench_now) b,
       generate_series(date_trunc('hour', b.at) - make_interval(days => %(days)s),
                       date_trunc('hour', b.at), b.step) AS slot
 WHERE p.stream IN ('transactions', 'batches') ORDER BY slot, p.id;
UPDATE integrations_connection SET newest_fact_at = at - interval '10 minutes' FROM bench_now;
