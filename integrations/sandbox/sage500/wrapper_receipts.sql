-- 2. A cash receipt, with its applications to open invoices --------------------------------------

-- [{"item_key": "123", "amount": "10.00"}]: one row per invoice, in key order.
CREATE OR REPLACE FUNCTION tieout.applications(document text)
RETURNS TABLE (item int, amount numeric) LANGUAGE plpgsql AS $$
DECLARE
    given CONSTANT jsonb := document::jsonb;
    bad record;
BEGIN
    SELECT min(e::text) FILTER (WHERE NOT COALESCE(e->>'amount' ~ '^\d{1,12}(\.\d{1,3})?$'
                AND (e->>'amount')::numeric > 0, false)) AS amounts,
            min(e::text) FILTER (WHERE NOT COALESCE(e->>'item_key' ~ '^\d{1,9}$', false))
                AS items
        INTO bad FROM jsonb_array_elements(given) e;
    IF bad.amounts IS NOT NULL THEN
        PERFORM tieout.refuse('amount_invalid',
            format('%s is not an application with a positive amount.', bad.amounts));
    ELSIF bad.items IS NOT NULL THEN
        PERFORM tieout.refuse('invoice_unknown', format('%s names no invoice.', bad.items));
    END IF;
    RETURN QUERY SELECT (e->>'item_key')::int, sum((e->>'amount')::numeric)
        FROM jsonb_array_elements(given) e GROUP BY 1 ORDER BY 1;
END $$;

-- Locks the invoices and refuses what may not be applied to them.
CREATE OR REPLACE FUNCTION tieout.require_applicable(
    company varchar, customer public."tarCustomer", items int[], amounts numeric[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
    PERFORM 1 FROM public."tarInvoice" i WHERE i."InvcKey" = ANY (items)
        ORDER BY i."InvcKey" FOR UPDATE;
    SELECT w.item, i."InvcKey", i."TranID", i."CustKey", i."Balance", w.amount,
            COALESCE(p.amount, 0) AS pending
        INTO bad
        FROM unnest(items, amounts) w (item, amount)
        LEFT JOIN public."tarInvoice" i ON i."InvcKey" = w.item AND i."CompanyID" = company
        LEFT JOIN LATERAL (
            SELECT sum(a."PmtAmt" + a."DiscTakenAmt" + a."WriteOffAmt") AS amount
            FROM public."tarPendCustPmtAppl" a WHERE a."ApplyToInvcKey" = w.item) p ON true
        WHERE i."InvcKey" IS NULL OR i."CustKey" IS DISTINCT FROM customer."CustKey"
            OR (w.amount > i."Balance" - COALESCE(p.amount, 0) AND NOT EXISTS (
                SELECT 1 FROM public."tarOptions" o
                WHERE o."CompanyID" = company AND o."AllowOverAppl" = 1))
        ORDER BY w.item LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF bad."InvcKey" IS NULL THEN
        PERFORM tieout.refuse('invoice_unknown',
            format('Company %s has no posted invoice with key %s.', company, bad.item));
    ELSIF bad."CustKey" IS DISTINCT FROM customer."CustKey" THEN
        PERFORM tieout.refuse('invoice_other_customer', format(
            'Invoice %s does not belong to the receipt''s customer %s.', bad."TranID",
            COALESCE(customer."CustID", '(none)')));
    END IF;
    PERFORM tieout.refuse('over_applied', format(
        '%s cannot be applied to invoice %s: balance %s, pending %s.', bad.amount, bad."TranID",
        bad."Balance", bad.pending));
END $$;

-- Checks, then writes the receipt; refusals are raised. With a general plan: the lists differ in
-- every call, and planning anew would take longer than the work.
CREATE OR REPLACE FUNCTION tieout.cash_receipt(
    "iKey" varchar, "iHash" varchar, "iCompanyID" varchar, "iBatchKey" int, "iCustID" varchar,
    "iOffsetAcctNo" varchar, "iTranDate" date, "iAmount" numeric, "iCurrID" varchar,
    "iPmtMethodID" varchar, "iPaymentRef" varchar, "iSettlementRef" varchar, "iComment" varchar,
    "iApplications" text, OUT "oStatus" int, OUT "oDocKey" int, OUT "oTranID" varchar
) LANGUAGE plpgsql SET plan_cache_mode TO force_generic_plan AS $$
DECLARE
    known record;
    company public."tsmCompany";
    batch public."tciBatchLog";
    customer public."tarCustomer";
    offset_account int;
    method int;
    items int[] := '{}';
    amounts numeric[] := '{}';
    applied numeric := 0;
BEGIN
    known := tieout.known_key("iKey", "iHash", "iCompanyID", 'cash_receipt');
    IF known."oStatus" IS NOT NULL THEN
        "oStatus" := known."oStatus";
        "oDocKey" := (known.kept)."DocumentKey";
        "oTranID" := (known.kept)."DocumentNo";
        RETURN;
    END IF;
    company := tieout.require_company("iCompanyID", 5);
    PERFORM tieout.require_width('The payment reference', "iPaymentRef", 30),
        tieout.require_width('The settlement reference', "iSettlementRef", 30),
        tieout.require_width('The comment', "iComment", 50);
    batch := tieout.require_batch("iCompanyID", "iBatchKey", 'ARCR');
    PERFORM tieout.require_amount(company, "iCurrID", "iAmount");
    IF (COALESCE("iCustID", '') = '') = (COALESCE("iOffsetAcctNo", '') = '') THEN
        PERFORM tieout.refuse('customer_unknown',
            'A receipt names either a customer or an offset account.');
    ELSIF COALESCE("iCustID", '') <> '' THEN
        customer := tieout.require_customer("iCompanyID", "iCustID");
    ELSE
        offset_account := tieout.require_account("iCompanyID", "iOffsetAcctNo");
    END IF;
    SELECT m."PmtMethodKey" INTO method FROM public."tarCustPmtMethod" m
        WHERE m."CompanyID" = "iCompanyID" AND m."PmtMethodID" = "iPmtMethodID";
    IF NOT FOUND THEN
        PERFORM tieout.refuse('method_unknown',
            format('Company %s has no payment method %s.', "iCompanyID", "iPmtMethodID"));
    END IF;
    IF COALESCE("iApplications", '') NOT IN ('', '[]') THEN
        SELECT array_agg(a.item), array_agg(a.amount), sum(a.amount)
            INTO items, amounts, applied FROM tieout.applications("iApplications") a;
        IF applied > "iAmount" THEN
            PERFORM tieout.refuse('over_paid',
                format('%s is applied, the receipt is %s.', applied, "iAmount"));
        END IF;
        PERFORM tieout.require_applicable("iCompanyID", customer, items, amounts);
    END IF;
    SELECT w.document, w.tran_id INTO "oDocKey", "oTranID" FROM tieout.write_receipt(batch,
        customer."CustKey", offset_account, "iTranDate", "iAmount", "iCurrID", method,
        "iPaymentRef", "iSettlementRef", "iComment", items, amounts, applied) w;
    PERFORM tieout.keep_key("iKey", "iHash", "iCompanyID", 'cash_receipt', "oDocKey", "oTranID",
        "iBatchKey", "iAmount");
    "oStatus" := 1;
END $$;

-- The rows of a receipt that has passed its checks. UnappliedAmt falls at once, the invoices'
-- balances when the batch is posted.
CREATE OR REPLACE FUNCTION tieout.write_receipt(
    batch public."tciBatchLog", customer int, offset_account int, tran_date date,
    amount numeric, currency varchar, method int, payment_ref varchar, settlement_ref varchar,
    cmnt varchar, items int[], amounts numeric[], applied numeric,
    OUT document int, OUT tran_id varchar
) LANGUAGE plpgsql AS $$
DECLARE number record;
BEGIN
    CALL public."spGetNextSurrogateKey"('tarCustPmt', document);
    number := tieout.next_tran_no(batch."SourceCompanyID", 'CR');
    tran_id := number.tran_id;
    INSERT INTO public."tarPendCustPmt" ("CustPmtKey", "CompanyID", "CustKey", "OffsetAcctKey",
            "BatchKey", "TranType", "TranNo", "TranID", "TranDate", "TranAmt", "TranAmtHC",
            "UnappliedAmt", "UnappliedAmtHC", "CurrID", "PmtMethodKey", "PmtRefNo",
            "SettlementRefNo", "TranCmnt", "CreateDate", "CreateUserID")
        VALUES (document, batch."SourceCompanyID", customer, offset_account, batch."BatchKey",
            number.tran_type, number.tran_no, tran_id, tran_date, amount, amount,
            amount - applied, amount - applied, currency, method, COALESCE(payment_ref, ''),
            COALESCE(settlement_ref, ''), COALESCE(cmnt, ''), public.sandbox_now(),
            batch."CreateUserID");
    IF applied > 0 THEN
        INSERT INTO public."tarPendCustPmtAppl" ("BatchKey", "SeqNo", "ApplyFromPmtKey",
                "ApplyFromTranID", "ApplyFromTranDate", "ApplyToInvcKey", "ApplyToTranID",
                "ApplyToTranDate", "PmtAmt", "PmtAmtIC", "CreateDate", "CreateUserID")
            SELECT batch."BatchKey", batch."NextSeqNo" + w.place - 1, document, tran_id,
                tran_date, i."InvcKey", i."TranID", i."TranDate", w.part, w.part,
                public.sandbox_now(), batch."CreateUserID"
            FROM unnest(items, amounts) WITH ORDINALITY w (item, part, place)
            JOIN public."tarInvoice" i ON i."InvcKey" = w.item;
    END IF;
    UPDATE public."tarBatch" b SET "BankDepAmt" = b."BankDepAmt" + amount
        WHERE b."BatchKey" = batch."BatchKey";
    UPDATE public."tciBatchLog" l SET "NextSeqNo" = l."NextSeqNo" + cardinality(items),
            "UpdateCounter" = l."UpdateCounter" + 1
        WHERE l."BatchKey" = batch."BatchKey";
END $$;

CREATE OR REPLACE PROCEDURE tieout."CreateCashReceipt"(
    "iKey" varchar, "iHash" varchar, "iCompanyID" varchar, "iBatchKey" int, "iCustID" varchar,
    "iOffsetAcctNo" varchar, "iTranDate" date, "iAmount" numeric, "iCurrID" varchar,
    "iPmtMethodID" varchar, "iPaymentRef" varchar, "iSettlementRef" varchar, "iComment" varchar,
    "iApplications" text,
    INOUT "oStatus" int DEFAULT NULL, INOUT "oCode" varchar DEFAULT NULL,
    INOUT "oMessage" varchar DEFAULT NULL, INOUT "oDocKey" int DEFAULT NULL,
    INOUT "oTranID" varchar DEFAULT NULL
) LANGUAGE plpgsql AS $$
BEGIN
    IF public.sandbox_is_armed() THEN
        CALL public.sandbox_before('CreateCashReceipt', "iKey");
    END IF;
    "oCode" := '';
    BEGIN
        SELECT r."oStatus", r."oDocKey", r."oTranID" INTO "oStatus", "oDocKey", "oTranID"
            FROM tieout.cash_receipt("iKey", "iHash", "iCompanyID", "iBatchKey", "iCustID",
                "iOffsetAcctNo", "iTranDate", "iAmount", "iCurrID", "iPmtMethodID",
                "iPaymentRef", "iSettlementRef", "iComment", "iApplications") r;
        "oMessage" := tieout.answer("oStatus", "iKey");
    EXCEPTION
        WHEN SQLSTATE 'TO004' THEN
            "oStatus" := 4;
            GET STACKED DIAGNOSTICS "oMessage" = MESSAGE_TEXT, "oCode" = PG_EXCEPTION_DETAIL;
        WHEN invalid_text_representation OR invalid_parameter_value THEN
            "oStatus" := 4;
            "oCode" := 'amount_invalid';
            "oMessage" := left('The applications cannot be read: ' || SQLERRM, 255);
    END;
    IF "oStatus" = 1 AND public.sandbox_is_armed() THEN
        CALL public.sandbox_after('CreateCashReceipt', "iKey");
    END IF;
END $$;
