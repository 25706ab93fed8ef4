-- The desk, what people were told of, and nightly censuses.

INSERT INTO reconciliation_exceptionitem (id, reason, subject, connection_id, transaction_id,
  message, details, suggestions, amount, currency, state, owner, business_on, due_on, opened_at,
  closed_at, closed_by, resolution, owner_why, revision)
SELECT row_number() OVER (ORDER BY t.id), e.reason, 'transaction:' || t.id, p.gateway_id, t.id,
       'What the payer wrote is “' || t.invoice || '”, and it fits nothing that is open.',
       jsonb_build_object('written', 'INV ' || t.invoice),
       jsonb_build_array(jsonb_build_object('action', 'link_invoice', 'value', t.invoice,
         'label', 'Perhaps meant invoice')),
       t.amount, 'USD', e.state, CASE WHEN e.state = 'claimed' THEN 'user:ann' ELSE 'finance' END,
       t.captured_on, t.captured_on + 3, t.closes_at + interval '31 minutes',
       CASE WHEN e.state IN ('resolved', 'dismissed') THEN t.closes_at + interval '2 days' END,
       CASE e.state WHEN 'resolved' THEN 'worker' WHEN 'dismissed' THEN 'user:ann' ELSE '' END,
       CASE e.state WHEN 'dismissed' THEN 'Paid by cheque.' ELSE '' END, '', 0
  FROM bench_payment t JOIN bench_pair p USING (g),
  LATERAL (SELECT
    bench_one_of(bench_dice(t.id, 40), '{second_charge,overpaid,customer_unknown,account_unmapped,refused_by_erp,period_closed,invoice_not_found}', '{5,15,40,42,46,50}') AS reason,
    CASE WHEN t.captured_on > (SELECT today - 20 FROM bench_now) OR bench_dice(t.id, 41) < 0.04
         THEN bench_one_of(bench_dice(t.id, 42), '{claimed,resolved,open}', '{15,50}')
         ELSE bench_one_of(bench_dice(t.id, 42), '{dismissed,resolved}', '{12}') END AS state) e
 WHERE t.is_settled AND bench_dice(t.id, 43) < 0.025;

INSERT INTO reconciliation_exceptionnote (item_id, at, actor, action, text)
SELECT id, opened_at, 'worker', 'opened', '' FROM reconciliation_exceptionitem
UNION ALL
SELECT id, closed_at, closed_by, state, resolution FROM reconciliation_exceptionitem
 WHERE closed_at IS NOT NULL;

INSERT INTO integrations_alert (uid, kind, subject, title, detail, connection_id, state, opened_at,
  last_at, count, cleared_at, acknowledged_by, tell_opened, tell_cleared, tell_at)
SELECT gen_random_uuid(), e.kind, e.kind || ':' || n, initcap(replace(e.kind, '_', ' ')) || '.', '',
       NULL, CASE WHEN n %% 400 = 0 THEN 'open' ELSE 'cleared' END, e.at,
       e.at + interval '3 minutes', 1 + n %% 7,
       CASE WHEN n %% 400 <> 0 THEN e.at + interval '9 minutes' END, '', false, false, e.at
  FROM generate_series(1::bigint, greatest(%(rows)s / 200, 40)) AS n, bench_now b,
  LATERAL (SELECT bench_one_of(bench_dice(n, 44),
             '{card_number,deposit_late,posting_refused,connection_down,payment_unclear}', '{5,25,45,60}') AS kind,
           b.at - bench_dice(n, 45) * make_interval(days => %(days)s) AS at) e;
INSERT INTO integrations_alertdelivery (uid, channel, address, notice, events, digest, collects,
  state, due_at, attempts, problem, created_at, sent_at)
SELECT gen_random_uuid(), 'email', 'ops@example.com', 'alert',
       jsonb_build_array(jsonb_build_object('id', uid, 'what', 'opened')), '{}', false, 'sent',
       opened_at, 1, '', opened_at, opened_at FROM integrations_alert;

INSERT INTO reconciliation_census (pair_id, number, business_at, started_at, ended_at, taken_by,
  owed, found, early, on_the_way, missing, double, edited, unowed, accepted)
SELECT p.pair_id, %(days)s - ago, night, night, night + interval '4 minutes', 'worker',
       1000, 1000, 0, '{"ready": 3}', 0, 0, 0, 0, 0
  FROM bench_pair p, bench_now b, generate_series(0, %(days)s - 1) AS ago,
  LATERAL (SELECT date_trunc('day', b.at) - make_interval(days => ago) + p.g * interval '1 minute'
             AS night) n WHERE night < b.at ORDER BY night;
