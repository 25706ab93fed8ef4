-- What is to be: a row for each payment, in the order of time. Everything else follows from it.
-- dice(n, salt) is a number below 1 that looks drawn and is the same in every run.

CREATE FUNCTION bench_dice(bigint, bigint) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  'SELECT (hashint8extended($1, $2) & 1099511627775)::float8 / 1099511627776';

-- One of the names, by how often each comes up in a hundred.
CREATE FUNCTION bench_one_of(float8, names text[], ends float8[]) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  'SELECT names[1 + width_bucket($1 * 100, ends)]';

CREATE UNLOGGED TABLE bench_now AS
  SELECT now() AS at, (now() AT TIME ZONE 'America/Los_Angeles')::date AS today;

-- Pairs in the order in which they were made; the first take most of the payments.
CREATE UNLOGGED TABLE bench_pair AS
  SELECT row_number() OVER (ORDER BY p.id) AS g, p.id AS pair_id, p.gateway_id, p.erp_id, p.bank_id,
         p.company, v.id AS version_id, c.account AS account
    FROM integrations_pair p
    JOIN integrations_connection c ON c.id = p.gateway_id
    JOIN mapping_rulesetversion v ON v.pair_id = p.id;

CREATE UNLOGGED TABLE bench_payment AS
WITH drawn AS (
  SELECT n,
         1 + floor(%(pairs)s * power(bench_dice(n, 1), 2.5))::int AS g,
         least(date_trunc('day', b.at)
               - make_interval(days => %(days)s - 1 - ((n - 1) * %(days)s / %(rows)s)::int)
               + interval '13 hours'
               + (bench_dice(n, 2) + bench_dice(n, 3)) * interval '390 minutes',
               b.at - bench_dice(n, 4) * interval '3 hours') AS captured_at,
         b.at AS now, b.today
    FROM generate_series(1::bigint, %(rows)s) AS n, bench_now b),
ordered AS (
  SELECT row_number() OVER (ORDER BY captured_at, n) AS id, g, captured_at, now, today,
         (captured_at AT TIME ZONE 'America/Los_Angeles')::date AS captured_on
    FROM drawn),
kinds AS (
  SELECT *, bench_one_of(bench_dice(id, 5), '{refund,authorization,sale}', '{2.2,3.4}') AS kind,
         captured_on < today AS is_over
    FROM ordered),
statuses AS (
  SELECT *, CASE
    WHEN kind = 'refund' AND is_over THEN bench_one_of(bench_dice(id, 6), '{voided,settled}', '{3}')
    WHEN kind = 'refund' THEN 'captured'
    WHEN is_over THEN bench_one_of(bench_dice(id, 6),
      '{declined,voided,refunded,partially_refunded,returned,charged_back,captured,authorized,funded,settled}',
      '{3.5,4.7,5.5,5.9,6.05,6.2,6.28,6.33,6.9}')
    ELSE bench_one_of(bench_dice(id, 6), '{authorized,declined,voided,captured}', '{5,9,11}')
  END AS status FROM kinds)
SELECT id, g, captured_at, captured_on, kind, status,
       status NOT IN ('authorized', 'captured', 'declined', 'voided') AS is_settled,
       (captured_on + time '20:05') AT TIME ZONE 'America/Los_Angeles' AS closes_at,
       CASE WHEN bench_dice(id, 7) < 0.3
            THEN ('{9.99,19.99,25,49,49.99,99,100,149,199.95,250}'::numeric[])
                 [1 + floor(10 * bench_dice(id, 8))::int]
            ELSE round((5 + 2500 * power(bench_dice(id, 8), 3))::numeric, 2) END AS amount,
       CASE WHEN bench_dice(id, 9) < 0.03 THEN ''
            ELSE (10000 + floor(%(rows)s * 0.04 * power(bench_dice(id, 10), 3)))::bigint::text
       END AS customer,
       -- Now and then an invoice is paid twice, or in parts.
       (500000 + CASE WHEN bench_dice(id, 11) < 0.02 THEN greatest(id - 40, 1) ELSE id END)::text
         AS invoice,
       bench_dice(id, 12) < 0.4 AS wrote_prefix,
       bench_one_of(bench_dice(id, 13), '{DISC,AMEX,MC,VISA}', '{6,18,46}') AS method,
       lpad(floor(10000 * bench_dice(id, 14))::int::text, 4, '0') AS last4,
       bench_one_of(bench_dice(id, 15), '{unidentified,on_account,applied}', '{2,7}') AS placement,
       bench_dice(id, 16) < 0.003 AS is_held
  FROM statuses;
CREATE UNIQUE INDEX ON bench_payment (id);
ANALYZE bench_payment;

CREATE UNLOGGED TABLE bench_batch AS
WITH added AS (
  SELECT g, captured_on AS closed_on, max(closes_at) AS closed_at, count(*) AS number,
         sum(amount) FILTER (WHERE kind <> 'refund') AS sales,
         coalesce(sum(amount) FILTER (WHERE kind = 'refund'), 0) AS refunds
    FROM bench_payment WHERE is_settled GROUP BY g, captured_on)
SELECT row_number() OVER (ORDER BY closed_on, g) AS id,
       row_number() OVER (PARTITION BY g ORDER BY closed_on)::text AS ref,
       g, closed_on, closed_at, number, coalesce(sales, 0) AS sales, refunds,
       round(coalesce(sales, 0) * 0.029 + 0.30 * number, 2) AS fee,
       CASE
         WHEN closed_on >= today - 1 THEN 'closed'
         WHEN closed_on >= today - 3 THEN 'waiting'
         ELSE bench_one_of(bench_dice(g * 100000 + (today - closed_on), 20),
                           '{discrepant,waiting,matched,tied_out}', '{0.6,1,1.1}')
       END AS state
  FROM added, bench_now;
CREATE UNIQUE INDEX ON bench_batch (g, closed_on);
ANALYZE bench_batch;
