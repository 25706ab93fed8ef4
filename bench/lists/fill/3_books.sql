-- The books: batches, payments with their history, bank lines, matches, certificates.

INSERT INTO reconciliation_settlementbatch (id, connection_id, vendor_ref, currency, closed_at,
  closed_on, reported_count, reported_sales, reported_refunds, sales_amount, refunds_amount,
  fee_amount, net_amount, bank_amount, residual, state, reasons, accepted, last_fact_id, updated_at)
SELECT b.id, p.gateway_id, b.ref, 'USD', b.closed_at, b.closed_on, b.number, b.sales, b.refunds,
       b.sales, b.refunds, b.fee, b.sales - b.refunds - b.fee, l.amount,
       CASE WHEN b.state = 'discrepant' THEN -1.25 ELSE 0 END, b.state,
       CASE b.state WHEN 'discrepant' THEN jsonb_build_array(jsonb_build_object(
         'reason', 'deposit_differs', 'amount', '-1.25',
         'message', 'The bank line is 1.25 below the batch''s net.')) ELSE '[]' END,
       '', f.id, b.closed_at + interval '2 days'
  FROM bench_batch b JOIN bench_pair p USING (g)
  JOIN bench_fact f ON f.stage = 5 AND f.of = b.id
  LEFT JOIN bench_line l ON l.batch_id = b.id ORDER BY b.id;

INSERT INTO reconciliation_transaction (id, connection_id, vendor_id, kind, status, amount,
  currency, captured_at, captured_on, settled_at, settled_on, batch_ref, batch_id, customer_ref,
  payer_ref, reference_texts, parent_ref, parent_id, method, last4, approval_code, response,
  decision, decided_rule, placement, customer_id, last_fact_id, updated_at)
SELECT t.id, p.gateway_id, (400000000 + t.id)::text, t.kind, t.status, t.amount, 'USD',
       t.captured_at, t.captured_on, CASE WHEN t.is_settled THEN t.closes_at END,
       CASE WHEN t.is_settled THEN t.captured_on END, coalesce(b.ref, ''), b.id, t.customer,
       CASE WHEN t.wrote_prefix THEN 'INV ' || t.invoice ELSE '' END,
       jsonb_build_array(t.invoice, 'Web order', ''),
       coalesce((400000000 + parent.id)::text, ''), parent.id, t.method, t.last4,
       'TAS' || lpad((t.id %% 1000)::text, 3, '0'), 'EXACT MATCH / ' || initcap(t.status),
       CASE WHEN t.status IN ('declined', 'voided') THEN 'nothing'
            WHEN NOT t.is_settled THEN 'waiting' WHEN t.is_held THEN 'held' ELSE 'effects' END,
       CASE WHEN t.is_settled THEN 'status 1: ' || t.kind || ' ' || t.status || ' → cash_receipt'
            ELSE '' END,
       CASE WHEN t.is_settled AND t.kind <> 'refund' THEN t.placement ELSE '' END,
       CASE WHEN t.is_settled THEN t.customer ELSE '' END, f.id, f.at
  FROM bench_payment t JOIN bench_pair p USING (g)
  JOIN bench_fact f ON f.stage = CASE WHEN t.is_settled THEN 2 ELSE 1 END AND f.of = t.id
  LEFT JOIN bench_batch b ON t.is_settled AND b.g = t.g AND b.closed_on = t.captured_on
  LEFT JOIN LATERAL (
    SELECT s.id FROM bench_payment s
     WHERE t.kind = 'refund' AND s.id > t.id - 3000 AND s.id < t.id AND s.g = t.g
       AND s.kind = 'sale' AND s.is_settled ORDER BY s.id LIMIT 1) parent ON true
 ORDER BY t.id;

INSERT INTO reconciliation_transactionhistory (id, transaction_id, fact_id, from_status, to_status,
  meaning, business_at, recorded_at)
SELECT row_number() OVER (ORDER BY f.id), t.id, f.id, CASE f.stage WHEN 2 THEN 'captured' ELSE '' END,
       CASE WHEN f.stage = 1 AND t.is_settled THEN 'captured' ELSE t.status END,
       jsonb_build_object('kind', t.kind, 'amount', t.amount || ' USD', 'method', t.method,
         'last4', t.last4, 'external_id', f.vendor_id, 'customer_ref', t.customer,
         'captured_at', t.captured_at, 'captured_on', t.captured_on, 'payer_ref', '',
         'parent_ref', '', 'response', 'EXACT MATCH', 'approval_code', 'TAS100',
         'reference_texts', jsonb_build_array(t.invoice, 'Web order', '')),
       f.at, f.at
  FROM bench_fact f JOIN bench_payment t ON t.id = f.of WHERE f.stage IN (1, 2) ORDER BY f.id;

INSERT INTO reconciliation_bankline (id, connection_id, fact_id, fingerprint, booked_on,
  description, reference, amount, balance, currency, state, rule)
SELECT l.id, l.bank_id, f.id, encode(sha256(l.id::text::bytea), 'hex'), l.booked_on, l.description,
       l.reference, l.amount, 40000 + l.id %% 9000, 'USD',
       CASE WHEN l.batch_id IS NULL THEN 'ignored' ELSE 'matched' END,
       CASE WHEN l.batch_id IS NULL THEN 'not a card deposit' ELSE 'exact: reference and net' END
  FROM bench_line l JOIN bench_fact f ON f.stage = 6 AND f.of = l.id ORDER BY l.id;

INSERT INTO reconciliation_match (batch_id, line_id, amount, rule, made_by, made_at)
SELECT batch_id, id, amount, 'exact: reference and net', 'worker', booked_on + time '15:01'
  FROM bench_line WHERE batch_id IS NOT NULL ORDER BY id;

INSERT INTO reconciliation_certificate (batch_id, number, body, body_hash, ties_out, business_at,
  issued_at)
SELECT b.id, 1, jsonb_build_object('version', 1, 'pair', 'bench', 'company', p.company,
         'gateway', p.account, 'batch', b.ref, 'reference', 'PT-' || b.ref, 'currency', 'USD',
         'closed_on', b.closed_on, 'fees', b.fee::text,
         'net', (b.sales - b.refunds - b.fee)::text,
         'sales', jsonb_build_object('count', b.number, 'amount', b.sales::text),
         'refunds', jsonb_build_object('count', 0, 'amount', b.refunds::text),
         'bank', jsonb_build_object('amount', l.amount::text, 'lines', jsonb_build_array(
           jsonb_build_object('booked_on', l.booked_on, 'description', l.description,
             'reference', l.reference, 'amount', l.amount::text, 'matched', 'exact'))),
         'clearing', jsonb_build_object('lines', 3, 'debits', b.sales::text,
           'credits', b.sales::text, 'sum', '0.00'),
         'documents', '[]'::jsonb, 'residual', '0.00', 'residuals', '[]'::jsonb),
       encode(sha256(b.id::text::bytea), 'hex'), b.state = 'tied_out', l.booked_on + time '16:00',
       l.booked_on + time '16:00'
  FROM bench_batch b JOIN bench_pair p USING (g) JOIN bench_line l ON l.batch_id = b.id
 WHERE b.state IN ('tied_out', 'discrepant') ORDER BY b.id;
