-- What the ERP is owed and has: a batch, its receipts and refunds, the order to post it, the deposit.

CREATE UNLOGGED TABLE bench_posting AS
WITH owed AS (
  SELECT b.id AS batch_id, NULL::bigint AS of, 'batch' AS kind, 'erp_batch' AS effect, 1 AS rank,
         0::numeric AS amount, 'batch:' || b.ref || '|erp-batch-receipts|1' AS tail FROM bench_batch b
  UNION ALL
  SELECT b.id, t.id, CASE t.kind WHEN 'refund' THEN 'journal' ELSE 'cash_receipt' END,
         CASE t.kind WHEN 'refund' THEN 'refund' ELSE 'receipt' END, 2, t.amount,
         'tx:' || (400000000 + t.id)
         || CASE t.kind WHEN 'refund' THEN '|refund|1' ELSE '|receipt|1' END
    FROM bench_payment t JOIN bench_batch b ON b.g = t.g AND b.closed_on = t.captured_on
   WHERE t.is_settled AND NOT t.is_held
  UNION ALL
  SELECT id, NULL, 'batch_post', 'erp_batch_post', 3, 0,
         'batch:' || ref || '|erp-batch-receipts|1|post' FROM bench_batch
  UNION ALL
  SELECT id, NULL, 'journal', 'deposit', 4, abs(sales - refunds - fee), 'batch:' || ref || '|deposit|1'
    FROM bench_batch WHERE state IN ('matched', 'tied_out', 'discrepant'))
SELECT row_number() OVER (ORDER BY b.closed_at + CASE rank WHEN 4 THEN interval '2 days'
                                   ELSE interval '0' END, b.id, rank, of) AS id,
       o.*, b.g, b.ref, b.closed_on,
       b.closed_at + CASE rank WHEN 4 THEN interval '2 days' ELSE interval '30 minutes' END AS at
  FROM owed o JOIN bench_batch b ON b.id = o.batch_id;
CREATE UNIQUE INDEX ON bench_posting (id);
CREATE INDEX ON bench_posting (batch_id) WHERE rank = 1;
ANALYZE bench_posting;

INSERT INTO integrations_posting (id, key, target_id, company, kind, draft, content_hash, amount,
  currency, group_id, after, state, due_at, claim, claimed_at, attempt_count, attempts_before,
  looks, differences, code, message, document_no, document_key, batch_ref, created_at, entered_at,
  posted_at)
SELECT o.id, p.company || '|paytrace:' || p.account || '|' || o.tail, p.erp_id, p.company, o.kind,
       CASE WHEN o.of IS NULL THEN jsonb_build_object('kind', o.kind, 'comment', 'PT-' || o.ref,
                                   'company', p.company, 'posting_on', o.closed_on)
            ELSE jsonb_build_object('kind', o.kind, 'amount', o.amount || ' USD', 'method', t.method,
              'comment', 'Card payment ' || (400000000 + t.id), 'company', p.company,
              'customer_id', t.customer, 'payment_ref', (400000000 + t.id)::text,
              'received_on', t.captured_on, 'offset_account', '', 'settlement_ref', 'PT-' || o.ref,
              'applications', jsonb_build_array(jsonb_build_object('amount', o.amount || ' USD',
                'item_key', t.invoice, 'document_no', t.invoice))) END,
       encode(sha256(o.id::text::bytea), 'hex'), o.amount, 'USD',
       CASE WHEN o.rank > 1 THEN first.id END, '', s.state, o.at,
       CASE WHEN s.state = 'sending' THEN gen_random_uuid() END, o.at, 1, 0, 0, '[]',
       CASE WHEN s.state = 'held' THEN 'PERIOD_CLOSED' ELSE '' END,
       CASE WHEN s.state = 'held' THEN 'The period is closed in company ' || p.company || '.' ELSE '' END,
       CASE WHEN s.stands THEN 'CR-' || o.id ELSE '' END,
       CASE WHEN s.stands THEN o.id::text ELSE '' END,
       CASE WHEN s.stands THEN 'CRB-' || first.id ELSE '' END, o.at,
       CASE WHEN s.stands THEN o.at + interval '40 seconds' END,
       CASE WHEN s.state IN ('posted', 'duplicate') THEN o.at + interval '90 seconds' END
  FROM bench_posting o JOIN bench_pair p USING (g)
  LEFT JOIN bench_payment t ON t.id = o.of
  JOIN bench_posting first ON first.rank = 1 AND first.batch_id = o.batch_id,
  LATERAL (SELECT CASE
    WHEN o.closed_on >= (SELECT today - 1 FROM bench_now) THEN
      bench_one_of(bench_dice(o.id, 30), '{ready,waiting,unknown,sending,entered}', '{20,24,25,25.5}')
    ELSE bench_one_of(bench_dice(o.id, 30), '{held,cancelled,duplicate,posted}', '{0.15,0.2,0.3}')
    END AS state) drawn,
  LATERAL (SELECT drawn.state, drawn.state IN ('entered', 'posted', 'duplicate') AS stands) s
 ORDER BY o.id;

INSERT INTO integrations_attempt (posting_id, number, started_at, ended_at, outcome, code, message,
  request_id)
SELECT id, 1, created_at, created_at + interval '240 ms',
       CASE state WHEN 'duplicate' THEN 'duplicate' WHEN 'unknown' THEN 'unknown'
                  WHEN 'held' THEN 'refused' WHEN 'waiting' THEN 'not_sent' ELSE 'done' END,
       code, message, ''
  FROM integrations_posting WHERE state NOT IN ('ready', 'sending', 'cancelled') ORDER BY id;

INSERT INTO reconciliation_effect (id, pair_id, key, kind, transaction_id, batch_id, line_id,
  fact_id, version_id, rules, posting_id, corrects_id, business_on, created_at)
SELECT o.id, p.pair_id, p.company || '|paytrace:' || p.account || '|' || o.tail, o.effect, o.of,
       o.batch_id, NULL, f.id, p.version_id,
       '["status 1: sale settled → cash_receipt", "account 2: clearing → 1050-00", "method 1: Visa → VISA"]',
       o.id, NULL, o.closed_on, o.at
  FROM bench_posting o JOIN bench_pair p USING (g)
  LEFT JOIN bench_fact f ON f.stage = 2 AND f.of = o.of ORDER BY o.id;

INSERT INTO reconciliation_reservation (effect_id, company, item_key, document_no, amount,
  is_released)
SELECT o.id, p.company, t.invoice, t.invoice, o.amount, false
  FROM bench_posting o JOIN bench_pair p USING (g) JOIN bench_payment t ON t.id = o.of
 WHERE o.effect = 'receipt' AND t.placement = 'applied' ORDER BY o.id;

INSERT INTO reconciliation_documentreading (posting_id, verdict, document_no, document_key,
  batch_ref, fields, differing, changed_by, changed_at, first_read_at, read_at)
SELECT id, v.verdict, document_no, document_key, batch_ref,
       CASE v.verdict WHEN 'missing' THEN '{}' ELSE jsonb_build_object('status', 'posted',
         'amount', amount::text, 'currency', currency, 'comment', 'As it stands there') END,
       CASE v.verdict WHEN 'changed' THEN '["comment"]'::jsonb ELSE '[]' END, '', '',
       posted_at + interval '6 hours', posted_at + interval '6 hours'
  FROM integrations_posting,
  LATERAL (SELECT bench_one_of(bench_dice(id, 31), '{missing,changed,as_posted}', '{0.05,0.2}')
             AS verdict) v
 WHERE state IN ('posted', 'duplicate') AND posted_at < now() - interval '1 day' ORDER BY id;
