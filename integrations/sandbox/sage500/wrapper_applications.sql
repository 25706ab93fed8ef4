-- 5. What is left of a posted receipt, applied to an open invoice ---------------------------------

-- Checks, then writes the application; refusals are raised. As in the product's payment-application
-- batch, UnappliedAmt falls at once and the invoice's balance when the batch is posted. The
-- document is one row: its key is the row's SeqNo in the batch.
CREATE OR REPLACE FUNCTION tieout.receipt_application(
    "iKey" varchar, "iHash" varchar, "iCompanyID" varchar, "iBatchKey" int, "iReceiptKey" int,
    "iInvcKey" int, "iAmount" numeric, "iCurrID" varchar,
    OUT "oStatus" int, OUT "oDocKey" int, OUT "oTranID" varchar
) LANGUAGE plpgsql SET plan_cache_mode TO force_generic_plan AS $$
DECLARE
    known record;
    company public."tsmCompany";
    batch public."tciBatchLog";
    receipt public."tarCustPmt";
    customer public."tarCustomer";
BEGIN
    known := tieout.known_key("iKey", "iHash", "iCompanyID", 'application');
    IF known."oStatus" IS NOT NULL THEN
        "oStatus" := known."oStatus";
        "oDocKey" := (known.kept)."DocumentKey";
        "oTranID" := (known.kept)."DocumentNo";
        RETURN;
    END IF;
    company := tieout.require_company("iCompanyID", 5);
    batch := tieout.require_batch("iCompanyID", "iBatchKey", 'ARPA');
    PERFORM tieout.require_amount(company, "iCurrID", "iAmount");
    SELECT * INTO receipt FROM public."tarCustPmt" p
        WHERE p."CustPmtKey" = "iReceiptKey" AND p."CompanyID" = "iCompanyID" FOR UPDATE;
    IF NOT FOUND OR receipt."Status" <> 1 OR receipt."CustKey" IS NULL THEN
        PERFORM tieout.refuse('receipt_unknown', format(
            'Company %s has no valid posted receipt of a customer with key %s.', "iCompanyID",
            "iReceiptKey"));
    ELSIF "iAmount" > receipt."UnappliedAmt" THEN
        PERFORM tieout.refuse('over_paid', format('%s is to be applied, %s of receipt %s is left.',
            "iAmount", receipt."UnappliedAmt", receipt."TranID"));
    END IF;
    SELECT * INTO customer FROM public."tarCustomer" c WHERE c."CustKey" = receipt."CustKey";
    PERFORM tieout.require_applicable("iCompanyID", customer, ARRAY["iInvcKey"],
        ARRAY["iAmount"]);
    "oDocKey" := batch."NextSeqNo";
    "oTranID" := receipt."TranID";
    INSERT INTO public."tarPendCustPmtAppl" ("BatchKey", "SeqNo", "AppliedAtCreation",
            "ApplyFromPmtKey", "ApplyFromTranID", "ApplyFromTranDate", "ApplyToInvcKey",
            "ApplyToTranID", "ApplyToTranDate", "PmtAmt", "PmtAmtIC", "CreateDate",
            "CreateUserID")
        SELECT "iBatchKey", "oDocKey", 0, receipt."CustPmtKey", receipt."TranID",
            receipt."TranDate", i."InvcKey", i."TranID", i."TranDate", "iAmount", "iAmount",
            public.sandbox_now(), batch."CreateUserID"
        FROM public."tarInvoice" i WHERE i."InvcKey" = "iInvcKey";
    UPDATE public."tarCustPmt" p SET "UnappliedAmt" = p."UnappliedAmt" - "iAmount",
            "UnappliedAmtHC" = p."UnappliedAmtHC" - "iAmount",
            "UpdateDate" = public.sandbox_now(), "UpdateUserID" = batch."CreateUserID",
            "UpdateCounter" = p."UpdateCounter" + 1
        WHERE p."CustPmtKey" = receipt."CustPmtKey";
    UPDATE public."tarBatch" b SET "TranCtrl" = b."TranCtrl" + "iAmount"
        WHERE b."BatchKey" = "iBatchKey";
    UPDATE public."tciBatchLog" l SET "NextSeqNo" = l."NextSeqNo" + 1,
            "UpdateCounter" = l."UpdateCounter" + 1
        WHERE l."BatchKey" = "iBatchKey";
    PERFORM tieout.keep_key("iKey", "iHash", "iCompanyID", 'application', "oDocKey", "oTranID",
        "iBatchKey", "iAmount");
    "oStatus" := 1;
END $$;

CREATE OR REPLACE PROCEDURE tieout."ApplyReceipt"(
    "iKey" varchar, "iHash" varchar, "iCompanyID" varchar, "iBatchKey" int, "iReceiptKey" int,
    "iInvcKey" int, "iAmount" numeric, "iCurrID" varchar,
    INOUT "oStatus" int DEFAULT NULL, INOUT "oCode" varchar DEFAULT NULL,
    INOUT "oMessage" varchar DEFAULT NULL, INOUT "oDocKey" int DEFAULT NULL,
    INOUT "oTranID" varchar DEFAULT NULL
) LANGUAGE plpgsql AS $$
BEGIN
    IF public.sandbox_is_armed() THEN
        CALL public.sandbox_before('ApplyReceipt', "iKey");
    END IF;
    "oCode" := '';
    BEGIN
        SELECT a."oStatus", a."oDocKey", a."oTranID" INTO "oStatus", "oDocKey", "oTranID"
            FROM tieout.receipt_application("iKey", "iHash", "iCompanyID", "iBatchKey",
                "iReceiptKey", "iInvcKey", "iAmount", "iCurrID") a;
        "oMessage" := tieout.answer("oStatus", "iKey");
    EXCEPTION WHEN SQLSTATE 'TO004' THEN
        "oStatus" := 4;
        GET STACKED DIAGNOSTICS "oMessage" = MESSAGE_TEXT, "oCode" = PG_EXCEPTION_DETAIL;
    END;
    IF "oStatus" = 1 AND public.sandbox_is_armed() THEN
        CALL public.sandbox_after('ApplyReceipt', "iKey");
    END IF;
END $$;
