-- 6. Posting a batch ----------------------------------------------------------------------------

-- The batch's documents, pending or posted: how many, and how much.
CREATE OR REPLACE FUNCTION tieout.batch_totals(batch int, OUT documents int, OUT amount numeric)
LANGUAGE sql STABLE AS $$
    SELECT count(*)::int, COALESCE(sum(d.amount), 0) FROM (
        SELECT abs(p."TranAmt") AS amount FROM public."tarPendCustPmt" p WHERE p."BatchKey" = batch
        UNION ALL
        SELECT abs(p."TranAmt") FROM public."tarCustPmt" p WHERE p."BatchKey" = batch
        UNION ALL
        SELECT abs(p."TranAmt") FROM public."tarPendInvoice" p WHERE p."BatchKey" = batch
        UNION ALL
        SELECT abs(i."TranAmt") FROM public."tarInvoice" i WHERE i."BatchKey" = batch
        UNION ALL
        SELECT a."PmtAmt" FROM public."tarPendCustPmtAppl" a
        WHERE a."BatchKey" = batch AND a."AppliedAtCreation" = 0
        UNION ALL
        SELECT a."PmtAmt" FROM public."tarCustPmtAppl" a
        WHERE a."BatchKey" = batch AND a."AppliedAtCreation" = 0
        UNION ALL
        SELECT (SELECT sum(t."PostAmt") FROM public."tglJournalDetl" t
                WHERE t."JrnlHdrKey" = h."JrnlHdrKey" AND t."PostAmt" > 0)
        FROM public."tglJournalHdr" h WHERE h."BatchKey" = batch) d
$$;

-- What the error log says about the batch: our code and the text of the first fatal entry.
CREATE OR REPLACE FUNCTION tieout.fatal_error(batch int, OUT code varchar, OUT reason varchar)
LANGUAGE sql STABLE AS $$
    SELECT CASE e."StringNo" WHEN 990001 THEN 'period_missing' WHEN 990002 THEN 'period_closed'
            WHEN 990003 THEN 'over_applied' WHEN 990004 THEN 'journal_unbalanced'
            WHEN 990005 THEN 'account_unknown' WHEN 990007 THEN 'receipt_unknown' ELSE 'batch_not_open' END,
        concat_ws(' ', s."LocalText", NULLIF(e."StringData1", ''), NULLIF(e."StringData2", ''))
    FROM public."tciErrorLog" e LEFT JOIN public."tsmLocalString" s
        ON s."StringNo" = e."StringNo" AND s."LanguageID" = 1033
    WHERE e."BatchKey" = batch AND e."Severity" = 2
    ORDER BY e."SessionID", e."EntryNo" LIMIT 1
$$;

-- One step of the register-and-post sequence; false when it did not answer its ok value.
--  1 clear old errors, validate  2 pre-post   3 currency and balance (receivables)
--  4 register printed            5 status     6 module posting starts (PostStatus 250)
--  7 module posting              8 ledger posting                     9 clean up, status 6
CREATE OR REPLACE FUNCTION tieout.run_step(
    batch public."tciBatchLog", home_currency varchar, module int, session int, step int
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    result int;
    printed int;
    errors int;
    status int;
    records int;
BEGIN
    CASE step
    WHEN 1 THEN
        DELETE FROM public."tciErrorLog" e WHERE e."BatchKey" = batch."BatchKey";
        CALL public."spciValidatePosting"(batch."BatchKey", session, module, batch."BatchType",
            result);
        RETURN result IN (0, 1);
    WHEN 2 THEN
        CALL public."spciPrePost"(batch."BatchKey", session, module, result);
        RETURN result = 0;
    WHEN 3 THEN
        IF module = 3 THEN
            RETURN true;
        END IF;
        CALL public."spARValGLCurr"(batch."BatchKey", home_currency, batch."SourceCompanyID",
            result);
        IF result <> 0 THEN
            RETURN false;
        END IF;
        CALL public."sparCheckBalance"(batch."BatchKey", session, result);
        RETURN result = 1;
    WHEN 4 THEN
        IF module = 3 THEN
            CALL public."spglJournalRgstr"(batch."BatchKey", session, result);
            IF result <> 0 THEN
                RETURN false;
            END IF;
        END IF;
        CALL public."sparSetRegPrintFlg"(batch."BatchKey", 1, batch."SourceCompanyID", result);
        RETURN result = 0;
    WHEN 5 THEN
        CALL public."sparCheckRgstrStatus2"(batch."BatchKey", printed, errors, status, records);
        RETURN printed = 1 AND errors < 2;
    WHEN 6 THEN
        UPDATE public."tciBatchLog" l SET "PostStatus" = 250,
                "UpdateCounter" = l."UpdateCounter" + 1
            WHERE l."BatchKey" = batch."BatchKey";
        RETURN true;
    WHEN 7 THEN
        IF module = 3 THEN
            CALL public."spglGeneralJrnlPostAll"(batch."SourceCompanyID", batch."BatchKey", 0, 1,
                result);
            RETURN result = 1;
        END IF;
        CALL public."spciModPost"(batch."BatchKey", session, module, result);
        RETURN result = 0;
    WHEN 8 THEN
        IF module = 3 THEN
            RETURN true;
        END IF;
        CALL public."spciGLPost"(batch."BatchKey", session, module, result);
        RETURN result = 0;
    WHEN 9 THEN
        CALL public."spciModCleanup"(batch."BatchKey", session, module, result);
        RETURN result = 0;
    END CASE;
END $$;

-- The step a batch goes on with.
CREATE OR REPLACE FUNCTION tieout.next_step(post_status int) RETURNS int
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN post_status >= 400 THEN 9 WHEN post_status >= 300 THEN 8
        WHEN post_status > 200 THEN 7 ELSE 1 END
$$;

-- Before the first and every further transaction of a posting: the batch, locked, or the answer.
CREATE OR REPLACE FUNCTION tieout.require_postable(
    key varchar, hash varchar, company varchar, batch_key int, count_wanted int,
    amount_wanted numeric, OUT "oStatus" int, OUT batch public."tciBatchLog"
) LANGUAGE plpgsql AS $$
DECLARE totals record;
BEGIN
    PERFORM 1 FROM public."tsmCompany" c WHERE c."CompanyID" = company;
    IF NOT FOUND THEN
        PERFORM tieout.refuse('company_unknown', format('There is no company %s.', company));
    END IF;
    "oStatus" := (tieout.known_key(key, hash, company, 'batch_post'))."oStatus";
    IF "oStatus" IS NOT NULL THEN
        SELECT l.* INTO batch FROM public."tciBatchLog" l WHERE l."BatchKey" = batch_key;
        RETURN;
    END IF;
    SELECT l.* INTO batch FROM public."tciBatchLog" l
        WHERE l."BatchKey" = batch_key AND l."SourceCompanyID" = company FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM tieout.refuse('batch_unknown',
            format('Company %s has no batch %s.', company, batch_key));
    END IF;
    totals := tieout.batch_totals(batch_key);
    IF totals.documents IS DISTINCT FROM count_wanted THEN
        PERFORM tieout.refuse('count_differs', format('Batch %s holds %s documents, %s were '
            'expected.', batch."BatchID", totals.documents, count_wanted));
    ELSIF totals.amount IS DISTINCT FROM amount_wanted THEN
        PERFORM tieout.refuse('amount_differs', format('Batch %s holds %s, %s was expected.',
            batch."BatchID", totals.amount, amount_wanted));
    ELSIF batch."Status" NOT IN (4, 5, 6) THEN
        PERFORM tieout.refuse('batch_not_open',
            format('Batch %s has status %s.', batch."BatchID", batch."Status"));
    END IF;
    IF batch."Status" = 6 THEN  -- posted by somebody else, or before this key was known
        PERFORM tieout.keep_key(key, hash, company, 'batch_post', batch_key, batch."BatchID",
            batch_key, amount_wanted);
        "oStatus" := 2;
    ELSIF batch."PostStatus" <= 200 THEN
        PERFORM tieout.require_period(company, batch."PostDate");
    END IF;
END $$;

-- A period that is missing or closed stands in the batch's own error log, once.
CREATE OR REPLACE FUNCTION tieout.log_period(batch int, code varchar) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    session int;
    logged int;
    number CONSTANT int := CASE code WHEN 'period_missing' THEN 990001 ELSE 990002 END;
    day varchar;
BEGIN
    IF EXISTS (SELECT 1 FROM public."tciErrorLog" e
        WHERE e."BatchKey" = batch AND e."StringNo" IN (990001, 990002)) THEN
        RETURN;
    END IF;
    SELECT to_char(l."PostDate", 'YYYY-MM-DD') INTO day FROM public."tciBatchLog" l
        WHERE l."BatchKey" = batch;
    CALL public."spGetNextSurrogateKey"('tciErrorLog', session);
    CALL public."spciLogError"(batch, session, number, day, '', 1, 2, logged);
END $$;

-- Commits after the steps that the product shows as a status of their own (6, 7, 8, 9), so an
-- interrupted batch stays where it came to and the next call goes on from there. The key is kept
-- by the last step: the key is there exactly when the batch is posted.
CREATE OR REPLACE PROCEDURE tieout."PostBatch"(
    "iKey" varchar, "iHash" varchar, "iCompanyID" varchar, "iBatchKey" int, "iCount" int,
    "iAmount" numeric,
    INOUT "oStatus" int DEFAULT NULL, INOUT "oCode" varchar DEFAULT NULL,
    INOUT "oMessage" varchar DEFAULT NULL, INOUT "oPostStatus" int DEFAULT NULL
) LANGUAGE plpgsql AS $$
DECLARE
    company public."tsmCompany";
    ready record;
    batch public."tciBatchLog";
    module int;
    session int;
    step int;
BEGIN
    IF public.sandbox_is_armed() THEN
        CALL public.sandbox_before('PostBatch', "iKey");
    END IF;
    "oCode" := '';
    step := 0;
    LOOP
        BEGIN
            ready := tieout.require_postable("iKey", "iHash", "iCompanyID", "iBatchKey",
                "iCount", "iAmount");
            "oStatus" := ready."oStatus";
            batch := ready.batch;
            IF "oStatus" IS NULL AND module IS NULL THEN
                SELECT t."ModuleNo" INTO module FROM public."tciBatchType" t
                    WHERE t."BatchType" = batch."BatchType";
                company := tieout.require_company("iCompanyID", module);
                CALL public."spGetNextSurrogateKey"('tciErrorLog', session);
            END IF;
        EXCEPTION WHEN SQLSTATE 'TO004' THEN
            "oStatus" := 4;
            GET STACKED DIAGNOSTICS "oMessage" = MESSAGE_TEXT, "oCode" = PG_EXCEPTION_DETAIL;
        END;
        "oPostStatus" := batch."PostStatus";
        EXIT WHEN "oStatus" IS NOT NULL;
        step := tieout.next_step(batch."PostStatus");
        LOOP
            IF public.sandbox_is_armed() THEN
                CALL public.sandbox_before_step('PostBatch', "iKey", step);
            END IF;
            IF NOT tieout.run_step(batch, company."CurrID", module, session, step) THEN
                "oStatus" := 4;
                SELECT e.code, e.reason INTO "oCode", "oMessage"
                    FROM tieout.fatal_error("iBatchKey") e;
                "oCode" := COALESCE("oCode", 'batch_not_open');
                "oMessage" := COALESCE("oMessage", format('Posting step %s failed.', step));
            END IF;
            EXIT WHEN "oStatus" IS NOT NULL OR step >= 6;
            step := step + 1;
        END LOOP;
        EXIT WHEN "oStatus" IS NOT NULL;
        IF step = 9 THEN
            PERFORM tieout.keep_key("iKey", "iHash", "iCompanyID", 'batch_post', "iBatchKey",
                batch."BatchID", "iBatchKey", "iAmount");
            "oStatus" := 1;
            "oPostStatus" := 999;
            CALL public.sandbox_after('PostBatch', "iKey");
            EXIT;
        END IF;
        COMMIT;
    END LOOP;
    IF "oStatus" <> 4 THEN
        "oMessage" := tieout.answer("oStatus", "iKey");
    ELSIF "oCode" IN ('period_missing', 'period_closed') THEN
        PERFORM tieout.log_period("iBatchKey", "oCode");
    END IF;
END $$;
