-- 3. A journal, 4. a credit memo ------------------------------------------------------------------

-- [{"account", "debit", "credit", "reference", "comment"}], amounts as text: signed, debit +.
CREATE OR REPLACE FUNCTION tieout.journal_lines(company public."tsmCompany", document text)
RETURNS TABLE (entry int, account int, amount numeric, reference varchar, cmnt varchar)
LANGUAGE plpgsql AS $$
DECLARE
    digits int;
    line record;
BEGIN
    SELECT c."DigitsAfterDecimal" INTO digits FROM public."tmcCurrency" c
        WHERE c."CurrID" = company."CurrID";
    FOR line IN
        SELECT e.position, e.value->>'account' AS number,
            COALESCE(NULLIF(e.value->>'debit', ''), '0') AS debit,
            COALESCE(NULLIF(e.value->>'credit', ''), '0') AS credit,
            COALESCE(e.value->>'reference', '') AS reference,
            COALESCE(e.value->>'comment', '') AS cmnt
        FROM jsonb_array_elements(document::jsonb) WITH ORDINALITY e (value, position)
    LOOP
        IF line.debit !~ '^\d{1,12}(\.\d{1,3})?$' OR line.credit !~ '^\d{1,12}(\.\d{1,3})?$'
            OR (line.debit::numeric = 0) = (line.credit::numeric = 0)
            OR line.debit::numeric <> round(line.debit::numeric, digits)
            OR line.credit::numeric <> round(line.credit::numeric, digits)
        THEN
            PERFORM tieout.refuse('amount_invalid', format('Line %s has debit %s and credit %s: '
                'a line has one of them, positive, with at most %s decimals.', line.position,
                line.debit, line.credit, digits));
        END IF;
        PERFORM tieout.require_width('A line''s reference', line.reference, 30),
            tieout.require_width('A line''s comment', line.cmnt, 255);
        entry := line.position;
        account := tieout.require_account(company."CompanyID", line.number);
        amount := line.debit::numeric - line.credit::numeric;
        reference := line.reference;
        cmnt := line.cmnt;
        RETURN NEXT;
    END LOOP;
END $$;

-- Checks, then writes the journal; refusals are raised.
CREATE OR REPLACE FUNCTION tieout.journal(
    "iKey" varchar, "iHash" varchar, "iCompanyID" varchar, "iBatchKey" int, "iTranDate" date,
    "iComment" varchar, "iLines" text,
    OUT "oStatus" int, OUT "oDocKey" int, OUT "oJrnlNo" varchar
) LANGUAGE plpgsql SET plan_cache_mode TO force_generic_plan AS $$
DECLARE
    known record;
    company public."tsmCompany";
    batch public."tciBatchLog";
    totals record;
BEGIN
    known := tieout.known_key("iKey", "iHash", "iCompanyID", 'journal');
    IF known."oStatus" IS NOT NULL THEN
        "oStatus" := known."oStatus";
        "oDocKey" := (known.kept)."DocumentKey";
        "oJrnlNo" := (known.kept)."DocumentNo";
        RETURN;
    END IF;
    company := tieout.require_company("iCompanyID", 3);
    PERFORM tieout.require_width('The comment', "iComment", 50);
    batch := tieout.require_batch("iCompanyID", "iBatchKey", 'GLGJ');
    SELECT count(*)::int AS lines, COALESCE(sum(l.amount), 0) AS difference,
            sum(l.amount) FILTER (WHERE l.amount > 0) AS debits,
            jsonb_agg(to_jsonb(l)) AS document
        INTO totals FROM tieout.journal_lines(company, "iLines") l;
    IF totals.lines = 0 OR totals.difference <> 0 THEN
        PERFORM tieout.refuse('journal_unbalanced', format(
            'Debits less credits of the %s lines are %s.', totals.lines, totals.difference));
    END IF;
    SELECT w.document, w.journal_no INTO "oDocKey", "oJrnlNo" FROM tieout.write_journal(batch,
        company."CurrID", "iTranDate", totals.lines, totals.document) w;
    UPDATE public."tglBatch" b SET "TranCtrl" = b."TranCtrl" + totals.debits,
            "UpdateCounter" = b."UpdateCounter" + 1
        WHERE b."BatchKey" = "iBatchKey";
    PERFORM tieout.keep_key("iKey", "iHash", "iCompanyID", 'journal', "oDocKey", "oJrnlNo",
        "iBatchKey", totals.debits);
    "oStatus" := 1;
END $$;

CREATE OR REPLACE FUNCTION tieout.write_journal(
    batch public."tciBatchLog", currency varchar, tran_date date, line_count int, lines jsonb,
    OUT document int, OUT journal_no varchar
) LANGUAGE plpgsql AS $$
DECLARE
    company CONSTANT varchar := batch."SourceCompanyID";
    journal int;
    number int;
    result int;
BEGIN
    SELECT j."JrnlKey" INTO journal FROM public."tglJournal" j
        WHERE j."CompanyID" = company AND j."JrnlID" = 'GJ';
    CALL public."spGetNextSurrogateKey"('tglJournalHdr', document);
    CALL public."spglGiveNextJrnlNo"(company, journal, 1, number, result);
    IF result IS DISTINCT FROM 1 THEN
        PERFORM tieout.refuse('batch_setup_missing', format('Company %s has no journal GJ.',
            company));
    END IF;
    journal_no := lpad(number::text, 10, '0');
    INSERT INTO public."tglJournalLog"
        VALUES (document, company, journal, number, batch."PostDate", 2);
    INSERT INTO public."tglJournalHdr" ("JrnlHdrKey", "BatchKey", "CompanyID", "JrnlKey",
            "JrnlNo", "CurrID", "NextEntryNo", "CreateDate", "CreateUserID")
        VALUES (document, batch."BatchKey", company, journal, number, currency, line_count + 1,
            public.sandbox_now(), batch."CreateUserID");
    INSERT INTO public."tglJournalDetl" ("JrnlHdrKey", "EntryNo", "GLAcctKey", "PostAmt",
            "PostAmtHC", "PostCmnt", "RefNo", "SeqNo", "TargetCompanyID", "TranDate")
        SELECT document, l.entry, l.account, l.amount, l.amount, l.cmnt, l.reference,
            16384 * l.entry, company, tran_date
        FROM jsonb_to_recordset(lines) l (entry int, account int, amount numeric,
            reference varchar, cmnt varchar);
END $$;

CREATE OR REPLACE PROCEDURE tieout."CreateJournal"(
    "iKey" varchar, "iHash" varchar, "iCompanyID" varchar, "iBatchKey" int, "iTranDate" date,
    "iComment" varchar, "iLines" text,
    INOUT "oStatus" int DEFAULT NULL, INOUT "oCode" varchar DEFAULT NULL,
    INOUT "oMessage" varchar DEFAULT NULL, INOUT "oDocKey" int DEFAULT NULL,
    INOUT "oJrnlNo" varchar DEFAULT NULL
) LANGUAGE plpgsql AS $$
BEGIN
    IF public.sandbox_is_armed() THEN
        CALL public.sandbox_before('CreateJournal', "iKey");
    END IF;
    "oCode" := '';
    BEGIN
        SELECT j."oStatus", j."oDocKey", j."oJrnlNo" INTO "oStatus", "oDocKey", "oJrnlNo"
            FROM tieout.journal("iKey", "iHash", "iCompanyID", "iBatchKey", "iTranDate",
                "iComment", "iLines") j;
        "oMessage" := tieout.answer("oStatus", "iKey");
    EXCEPTION
        WHEN SQLSTATE 'TO004' THEN
            "oStatus" := 4;
            GET STACKED DIAGNOSTICS "oMessage" = MESSAGE_TEXT, "oCode" = PG_EXCEPTION_DETAIL;
        WHEN invalid_text_representation OR invalid_parameter_value THEN
            "oStatus" := 4;
            "oCode" := 'journal_unbalanced';
            "oMessage" := left('The lines cannot be read: ' || SQLERRM, 255);
    END;
    IF "oStatus" = 1 AND public.sandbox_is_armed() THEN
        CALL public.sandbox_after('CreateJournal', "iKey");
    END IF;
END $$;

-- Checks, then writes the memo; refusals are raised.
CREATE OR REPLACE FUNCTION tieout.credit_memo(
    "iKey" varchar, "iHash" varchar, "iCompanyID" varchar, "iBatchKey" int, "iCustID" varchar,
    "iTranDate" date, "iAmount" numeric, "iCurrID" varchar, "iOffsetAcctNo" varchar,
    "iReference" varchar, "iComment" varchar,
    OUT "oStatus" int, OUT "oDocKey" int, OUT "oTranID" varchar
) LANGUAGE plpgsql AS $$
DECLARE
    known record;
    company public."tsmCompany";
    batch public."tciBatchLog";
    customer public."tarCustomer";
    offset_account int;
    number record;
BEGIN
    known := tieout.known_key("iKey", "iHash", "iCompanyID", 'credit_memo');
    IF known."oStatus" IS NOT NULL THEN
        "oStatus" := known."oStatus";
        "oDocKey" := (known.kept)."DocumentKey";
        "oTranID" := (known.kept)."DocumentNo";
        RETURN;
    END IF;
    company := tieout.require_company("iCompanyID", 5);
    PERFORM tieout.require_width('The reference', "iReference", 15),
        tieout.require_width('The comment', "iComment", 50);
    batch := tieout.require_batch("iCompanyID", "iBatchKey", 'ARIN');
    PERFORM tieout.require_amount(company, "iCurrID", "iAmount");
    customer := tieout.require_customer("iCompanyID", "iCustID");
    IF COALESCE("iOffsetAcctNo", '') = '' THEN
        offset_account := customer."DfltSalesReturnAcctKey";
    ELSE
        offset_account := tieout.require_account("iCompanyID", "iOffsetAcctNo");
    END IF;
    IF offset_account IS NULL THEN
        PERFORM tieout.refuse('account_unknown',
            format('Customer %s has no sales returns account.', "iCustID"));
    END IF;
    CALL public."spGetNextSurrogateKey"('tarInvoice', "oDocKey");
    number := tieout.next_tran_no("iCompanyID", 'CM');
    "oTranID" := number.tran_id;
    INSERT INTO public."tarPendInvoice" ("InvcKey", "CompanyID", "CustKey", "BatchKey",
            "TranType", "TranNo", "TranID", "TranDate", "TranAmt", "TranAmtHC", "CurrID",
            "OffsetAcctKey", "CustPONo", "TranCmnt", "CreateDate", "CreateUserID")
        VALUES ("oDocKey", "iCompanyID", customer."CustKey", "iBatchKey", number.tran_type,
            number.tran_no, number.tran_id, "iTranDate", -"iAmount", -"iAmount", "iCurrID",
            offset_account, COALESCE("iReference", ''), COALESCE("iComment", ''),
            public.sandbox_now(), batch."CreateUserID");
    UPDATE public."tarBatch" b SET "TranCtrl" = b."TranCtrl" + "iAmount"
        WHERE b."BatchKey" = "iBatchKey";
    PERFORM tieout.keep_key("iKey", "iHash", "iCompanyID", 'credit_memo', "oDocKey", "oTranID",
        "iBatchKey", "iAmount");
    "oStatus" := 1;
END $$;

CREATE OR REPLACE PROCEDURE tieout."CreateCreditMemo"(
    "iKey" varchar, "iHash" varchar, "iCompanyID" varchar, "iBatchKey" int, "iCustID" varchar,
    "iTranDate" date, "iAmount" numeric, "iCurrID" varchar, "iOffsetAcctNo" varchar,
    "iReference" varchar, "iComment" varchar,
    INOUT "oStatus" int DEFAULT NULL, INOUT "oCode" varchar DEFAULT NULL,
    INOUT "oMessage" varchar DEFAULT NULL, INOUT "oDocKey" int DEFAULT NULL,
    INOUT "oTranID" varchar DEFAULT NULL
) LANGUAGE plpgsql AS $$
BEGIN
    IF public.sandbox_is_armed() THEN
        CALL public.sandbox_before('CreateCreditMemo', "iKey");
    END IF;
    "oCode" := '';
    BEGIN
        SELECT m."oStatus", m."oDocKey", m."oTranID" INTO "oStatus", "oDocKey", "oTranID"
            FROM tieout.credit_memo("iKey", "iHash", "iCompanyID", "iBatchKey", "iCustID",
                "iTranDate", "iAmount", "iCurrID", "iOffsetAcctNo", "iReference",
                "iComment") m;
        "oMessage" := tieout.answer("oStatus", "iKey");
    EXCEPTION WHEN SQLSTATE 'TO004' THEN
        "oStatus" := 4;
        GET STACKED DIAGNOSTICS "oMessage" = MESSAGE_TEXT, "oCode" = PG_EXCEPTION_DETAIL;
    END;
    IF "oStatus" = 1 AND public.sandbox_is_armed() THEN
        CALL public.sandbox_after('CreateCreditMemo', "iKey");
    END IF;
END $$;
