-- The wrapper procedures of schema tieout: what the connector may call to write. PostgreSQL twin of
-- integrations/connectors/sage500/sql/wrapper.sql; the calls of sandbox_… are its only addition.
--
-- One call is one document: the document and the row of tieout."PostingKey" are one transaction.
-- oStatus 1 done, 2 duplicate (same key, same hash), 3 conflict (same key, other hash), 4 refused.

-- A refusal: undoes what the call has done so far and becomes oStatus 4 with oCode and oMessage.
CREATE OR REPLACE FUNCTION tieout.refuse(code varchar, reason varchar)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'TO004', MESSAGE = left(reason, 255), DETAIL = code;
END $$;

-- Text is refused when it is too long for its column, never cut.
CREATE OR REPLACE FUNCTION tieout.require_width(name varchar, value varchar, width int)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF char_length(value) > width THEN
        PERFORM tieout.refuse('text_too_long', format('%s has %s characters, the column holds %s.',
            name, char_length(value), width));
    END IF;
END $$;

-- Locks the key until the transaction ends and says whether it is used: oStatus 2, 3 or null.
CREATE OR REPLACE FUNCTION tieout.known_key(
    key varchar, hash varchar, company varchar, kind varchar,
    OUT "oStatus" int, OUT kept tieout."PostingKey"
) LANGUAGE plpgsql AS $$
BEGIN
    IF COALESCE(key, '') = '' OR char_length(key) > 200 OR char_length(COALESCE(hash, '')) <> 64
    THEN
        PERFORM tieout.refuse('text_too_long',
            'A posting key has 1 to 200 characters and its hash 64.');
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(key, 500));
    SELECT * INTO kept FROM tieout."PostingKey" k WHERE k."PostingKey" = key;
    IF FOUND THEN
        "oStatus" := CASE WHEN kept."ContentHash" = hash AND kept."CompanyID" = company
            AND kept."DocumentKind" = kind THEN 2 ELSE 3 END;
    END IF;
END $$;

CREATE OR REPLACE FUNCTION tieout.answer(status int, key varchar) RETURNS varchar
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE status
        WHEN 2 THEN format('The key %s has this document already.', left(key, 200))
        WHEN 3 THEN format('The key %s belongs to another document.', left(key, 200))
        ELSE '' END
$$;

CREATE OR REPLACE FUNCTION tieout.require_period(company varchar, day timestamp)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    status smallint;
    ends_on timestamp;
BEGIN
    SELECT p."Status", p."EndDate" INTO status, ends_on FROM public."tglFiscalPeriod" p
        WHERE p."CompanyID" = company AND p."StartDate" <= day
        ORDER BY p."StartDate" DESC LIMIT 1;
    IF status IS NULL OR day >= ends_on + interval '1 day' THEN
        PERFORM tieout.refuse('period_missing',
            format('No fiscal period of company %s holds %s.', company, day::date));
    ELSIF status <> 1 THEN
        PERFORM tieout.refuse('period_closed',
            format('The fiscal period of %s is closed in company %s.', day::date, company));
    END IF;
END $$;

CREATE OR REPLACE FUNCTION tieout.require_company(company varchar, module int)
RETURNS public."tsmCompany" LANGUAGE plpgsql AS $$
DECLARE hit public."tsmCompany";
BEGIN
    SELECT * INTO hit FROM public."tsmCompany" c WHERE c."CompanyID" = company;
    IF NOT FOUND THEN
        PERFORM tieout.refuse('company_unknown', format('There is no company %s.', company));
    END IF;
    PERFORM 1 FROM public."tsmCompanyModule" m
        WHERE m."CompanyID" = company AND m."ModuleNo" = module AND m."Active" = 1;
    IF NOT FOUND THEN
        PERFORM tieout.refuse('module_inactive',
            format('Module %s is not active for company %s.', module, company));
    END IF;
    RETURN hit;
END $$;

-- The open batch of the wanted type, locked.
CREATE OR REPLACE FUNCTION tieout.require_batch(company varchar, batch int, type_id varchar)
RETURNS public."tciBatchLog" LANGUAGE plpgsql AS $$
DECLARE hit public."tciBatchLog";
BEGIN
    SELECT l.* INTO hit FROM public."tciBatchLog" l
        JOIN public."tciBatchType" t ON t."BatchType" = l."BatchType"
        WHERE l."BatchKey" = batch AND l."SourceCompanyID" = company
            AND t."BatchTypeID" = type_id
        FOR UPDATE OF l;
    IF NOT FOUND THEN
        PERFORM tieout.refuse('batch_unknown',
            format('Company %s has no batch %s of type %s.', company, batch, type_id));
    END IF;
    IF hit."Status" <> 4 OR hit."PostStatus" <> 0 THEN
        PERFORM tieout.refuse('batch_not_open',
            format('Batch %s is not open (status %s, post status %s).', hit."BatchID",
                hit."Status", hit."PostStatus"));
    END IF;
    PERFORM tieout.require_period(company, hit."PostDate");
    RETURN hit;
END $$;

CREATE OR REPLACE FUNCTION tieout.require_account(company varchar, number varchar)
RETURNS int LANGUAGE plpgsql AS $$
DECLARE hit int;
BEGIN
    SELECT a."GLAcctKey" INTO hit FROM public."tglAccount" a
        WHERE a."CompanyID" = company AND a."GLAcctNo" = number;
    IF NOT FOUND THEN
        PERFORM tieout.refuse('account_unknown',
            format('Company %s has no account %s.', company, number));
    END IF;
    RETURN hit;
END $$;

CREATE OR REPLACE FUNCTION tieout.require_customer(company varchar, id varchar)
RETURNS public."tarCustomer" LANGUAGE plpgsql AS $$
DECLARE hit public."tarCustomer";
BEGIN
    SELECT * INTO hit FROM public."tarCustomer" c
        WHERE c."CompanyID" = company AND c."CustID" = id;
    IF NOT FOUND THEN
        PERFORM tieout.refuse('customer_unknown',
            format('Company %s has no customer %s.', company, id));
    END IF;
    RETURN hit;
END $$;

-- A document's amount: positive, in the home currency, in whole smallest units of it.
CREATE OR REPLACE FUNCTION tieout.require_amount(company public."tsmCompany", currency varchar,
    amount numeric) RETURNS void LANGUAGE plpgsql AS $$
DECLARE digits int;
BEGIN
    SELECT c."DigitsAfterDecimal" INTO digits FROM public."tmcCurrency" c
        WHERE c."CurrID" = company."CurrID";
    IF currency IS DISTINCT FROM company."CurrID" THEN
        PERFORM tieout.refuse('amount_invalid', format('The amount is in %s, company %s keeps its '
            'books in %s.', currency, company."CompanyID", company."CurrID"));
    ELSIF amount IS NULL OR amount <= 0 OR amount <> round(amount, digits)
        OR amount >= 1000000000000
    THEN
        PERFORM tieout.refuse('amount_invalid',
            format('%s is not a positive amount with at most %s decimals.', amount, digits));
    END IF;
END $$;

-- The next number of a transaction type. Taken last: its row makes writers wait until commit.
CREATE OR REPLACE FUNCTION tieout.next_tran_no(company varchar, type_id varchar,
    OUT tran_type int, OUT tran_no varchar, OUT tran_id varchar) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public."tciTranTypeCompany" c SET "NextTranNo" = c."NextTranNo" + 1
        FROM public."tciTranType" t
        WHERE c."CompanyID" = company AND t."TranType" = c."TranType"
            AND t."TranTypeID" = type_id
        RETURNING c."TranType", lpad((c."NextTranNo" - 1)::text, 10, '0')
        INTO tran_type, tran_no;
    IF tran_no IS NULL THEN
        PERFORM tieout.refuse('batch_setup_missing',
            format('Company %s has no number for transactions of type %s.', company, type_id));
    END IF;
    tran_id := tran_no || '-' || type_id;
END $$;

CREATE OR REPLACE FUNCTION tieout.keep_key(key varchar, hash varchar, company varchar,
    kind varchar, document int, document_no varchar, batch int, amount numeric)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO tieout."PostingKey" ("PostingKey", "ContentHash", "CompanyID", "DocumentKind",
        "DocumentKey", "DocumentNo", "BatchKey", "Amount", "CreatedAt")
    VALUES (key, hash, company, kind, document, document_no, batch, amount, public.sandbox_now())
$$;

-- 1. A batch, for documents of one kind and one post date ---------------------------------------

CREATE OR REPLACE PROCEDURE tieout."OpenBatch"(
    "iKey" varchar, "iHash" varchar, "iCompanyID" varchar, "iPurpose" varchar, "iPostDate" date,
    "iComment" varchar, "iDepositAcctNo" varchar, "iUserID" varchar,
    INOUT "oStatus" int DEFAULT NULL, INOUT "oCode" varchar DEFAULT NULL,
    INOUT "oMessage" varchar DEFAULT NULL, INOUT "oBatchKey" int DEFAULT NULL,
    INOUT "oBatchID" varchar DEFAULT NULL
) LANGUAGE plpgsql AS $$
DECLARE
    known record;
    kind public."tciBatchType";
    deposit_account int;
    batch_no int;
    result int;
BEGIN
    IF public.sandbox_is_armed() THEN
        CALL public.sandbox_before('OpenBatch', "iKey");
    END IF;
    "oCode" := '';
    BEGIN
        known := tieout.known_key("iKey", "iHash", "iCompanyID", 'batch');
        "oStatus" := known."oStatus";
        IF "oStatus" IS NULL THEN
            PERFORM tieout.require_company("iCompanyID",
                CASE WHEN "iPurpose" = 'journals' THEN 3 ELSE 5 END);
            PERFORM tieout.require_width('The comment', "iComment", 50);
            PERFORM tieout.require_width('The user', "iUserID", 30);
            SELECT * INTO kind FROM public."tciBatchType" t WHERE t."BatchTypeID" =
                CASE "iPurpose" WHEN 'receipts' THEN 'ARCR' WHEN 'memos' THEN 'ARIN'
                    WHEN 'invoices' THEN 'ARIN'
                    WHEN 'journals' THEN 'GLGJ' WHEN 'applications' THEN 'ARPA' END;
            IF NOT FOUND THEN
                PERFORM tieout.refuse('batch_setup_missing',
                    format('There is no batch type for %s.', "iPurpose"));
            END IF;
            PERFORM tieout.require_period("iCompanyID", "iPostDate");
            IF COALESCE("iDepositAcctNo", '') <> '' THEN
                deposit_account := tieout.require_account("iCompanyID", "iDepositAcctNo");
            END IF;
            CALL public."spGetNextBatch"("iCompanyID", kind."ModuleNo", kind."BatchType",
                "iUserID", "iComment", "iPostDate", "oBatchKey", batch_no, result);
            IF result <> 1 THEN
                PERFORM tieout.refuse('batch_setup_missing',
                    format('spGetNextBatch answered %s for company %s and batch type %s.', result,
                        "iCompanyID", kind."BatchType"));
            END IF;
            UPDATE public."tciBatchLog" l SET "PostDate" = "iPostDate"
                WHERE l."BatchKey" = "oBatchKey" RETURNING l."BatchID" INTO "oBatchID";
            IF kind."ModuleNo" = 3 THEN
                INSERT INTO public."tglBatch" ("BatchKey", "BatchCmnt", "OrigUserID", "PostDate")
                    VALUES ("oBatchKey", "iComment", "iUserID", "iPostDate");
            ELSIF deposit_account IS NOT NULL THEN
                UPDATE public."tarBatch" b SET "CashAcctKey" = deposit_account
                    WHERE b."BatchKey" = "oBatchKey";
            END IF;
            PERFORM tieout.keep_key("iKey", "iHash", "iCompanyID", 'batch', "oBatchKey",
                "oBatchID", "oBatchKey", NULL);
            "oStatus" := 1;
        ELSE
            "oBatchKey" := (known.kept)."DocumentKey";
            "oBatchID" := (known.kept)."DocumentNo";
        END IF;
        "oMessage" := tieout.answer("oStatus", "iKey");
    EXCEPTION WHEN SQLSTATE 'TO004' THEN
        "oStatus" := 4;
        "oBatchKey" := NULL;
        "oBatchID" := NULL;
        GET STACKED DIAGNOSTICS "oMessage" = MESSAGE_TEXT, "oCode" = PG_EXCEPTION_DETAIL;
    END;
    IF "oStatus" = 1 AND public.sandbox_is_armed() THEN
        CALL public.sandbox_after('OpenBatch', "iKey");
    END IF;
END $$;
