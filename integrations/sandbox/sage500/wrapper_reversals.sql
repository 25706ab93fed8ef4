-- 6. A receipt taken back, with all that was applied from it --------------------------------------

-- Checks, then writes the reversal; refusals are raised. It is a receipt of a type of its own with
-- negative amounts, in a batch of receipts; the receipt, entered or posted, is not valid (Status 2)
-- from now on. Balances rise again when the batch is posted.
CREATE OR REPLACE FUNCTION tieout.receipt_reversal(
    "iKey" varchar, "iHash" varchar, "iCompanyID" varchar, "iBatchKey" int, "iReceiptKey" int,
    "iTranDate" date, "iAmount" numeric, "iCurrID" varchar, "iPaymentRef" varchar,
    "iSettlementRef" varchar, "iComment" varchar,
    OUT "oStatus" int, OUT "oDocKey" int, OUT "oTranID" varchar
) LANGUAGE plpgsql SET plan_cache_mode TO force_generic_plan AS $$
DECLARE
    known record;
    company public."tsmCompany";
    batch public."tciBatchLog";
    receipt record;
    number record;
    applied int;
BEGIN
    known := tieout.known_key("iKey", "iHash", "iCompanyID", 'reversal');
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
    UPDATE public."tarPendCustPmt" p SET "Status" = 2
        WHERE p."CustPmtKey" = "iReceiptKey" AND p."CompanyID" = "iCompanyID"
            AND p."Status" = 1 AND p."RvrsdPmtKey" IS NULL
        RETURNING p.* INTO receipt;
    IF NOT FOUND THEN
        UPDATE public."tarCustPmt" p SET "Status" = 2, "UpdateDate" = public.sandbox_now(),
                "UpdateUserID" = batch."CreateUserID", "UpdateCounter" = p."UpdateCounter" + 1
            WHERE p."CustPmtKey" = "iReceiptKey" AND p."CompanyID" = "iCompanyID"
                AND p."Status" = 1 AND p."RvrsdPmtKey" IS NULL
            RETURNING p.* INTO receipt;
    END IF;
    IF NOT FOUND THEN
        PERFORM tieout.refuse('receipt_unknown', format(
            'Company %s has no valid receipt with key %s.', "iCompanyID", "iReceiptKey"));
    ELSIF "iAmount" <> receipt."TranAmt" THEN
        PERFORM tieout.refuse('amount_differs', format(
            '%s is to be reversed, receipt %s is %s.', "iAmount", receipt."TranID",
            receipt."TranAmt"));
    END IF;
    CALL public."spGetNextSurrogateKey"('tarCustPmt', "oDocKey");
    number := tieout.next_tran_no("iCompanyID", 'RV');
    "oTranID" := number.tran_id;
    INSERT INTO public."tarPendCustPmt" ("CustPmtKey", "CompanyID", "CustKey", "OffsetAcctKey",
            "BatchKey", "TranType", "TranNo", "TranID", "TranDate", "TranAmt", "TranAmtHC",
            "UnappliedAmt", "UnappliedAmtHC", "CurrID", "PmtMethodKey", "PmtRefNo",
            "SettlementRefNo", "TranCmnt", "Status", "RvrsdPmtKey", "CreateDate", "CreateUserID")
        VALUES ("oDocKey", "iCompanyID", receipt."CustKey", receipt."OffsetAcctKey",
            "iBatchKey", number.tran_type, number.tran_no, number.tran_id, "iTranDate",
            -"iAmount", -"iAmount", -receipt."UnappliedAmt", -receipt."UnappliedAmt",
            "iCurrID", receipt."PmtMethodKey", COALESCE("iPaymentRef", ''),
            COALESCE("iSettlementRef", ''), COALESCE("iComment", ''), 2, receipt."CustPmtKey",
            public.sandbox_now(), batch."CreateUserID");
    INSERT INTO public."tarPendCustPmtAppl" ("BatchKey", "SeqNo", "ApplyFromPmtKey",
            "ApplyFromTranID", "ApplyFromTranDate", "ApplyToInvcKey", "ApplyToTranID",
            "ApplyToTranDate", "PmtAmt", "PmtAmtIC", "CreateDate", "CreateUserID")
        SELECT "iBatchKey", batch."NextSeqNo" - 1
                + row_number() OVER (ORDER BY a."ApplyToInvcKey"), "oDocKey", number.tran_id,
            "iTranDate", a."ApplyToInvcKey", i."TranID", i."TranDate", -sum(a."PmtAmt"),
            -sum(a."PmtAmt"), public.sandbox_now(), batch."CreateUserID"
        FROM (SELECT p."ApplyToInvcKey", p."PmtAmt" FROM public."tarPendCustPmtAppl" p
                WHERE p."ApplyFromPmtKey" = "iReceiptKey"
            UNION ALL
            SELECT p."ApplyToInvcKey", p."PmtAmt" FROM public."tarCustPmtAppl" p
                WHERE p."ApplyFromPmtKey" = "iReceiptKey") a
        JOIN public."tarInvoice" i ON i."InvcKey" = a."ApplyToInvcKey"
        GROUP BY a."ApplyToInvcKey", i."TranID", i."TranDate";
    GET DIAGNOSTICS applied = ROW_COUNT;
    UPDATE public."tarBatch" b SET "BankDepAmt" = b."BankDepAmt" - "iAmount"
        WHERE b."BatchKey" = "iBatchKey";
    UPDATE public."tciBatchLog" l SET "NextSeqNo" = l."NextSeqNo" + applied,
            "UpdateCounter" = l."UpdateCounter" + 1
        WHERE l."BatchKey" = "iBatchKey";
    PERFORM tieout.keep_key("iKey", "iHash", "iCompanyID", 'reversal', "oDocKey", "oTranID",
        "iBatchKey", "iAmount");
    "oStatus" := 1;
END $$;

CREATE OR REPLACE PROCEDURE tieout."ReverseCashReceipt"(
    "iKey" varchar, "iHash" varchar, "iCompanyID" varchar, "iBatchKey" int, "iReceiptKey" int,
    "iTranDate" date, "iAmount" numeric, "iCurrID" varchar, "iPaymentRef" varchar,
    "iSettlementRef" varchar, "iComment" varchar,
    INOUT "oStatus" int DEFAULT NULL, INOUT "oCode" varchar DEFAULT NULL,
    INOUT "oMessage" varchar DEFAULT NULL, INOUT "oDocKey" int DEFAULT NULL,
    INOUT "oTranID" varchar DEFAULT NULL
) LANGUAGE plpgsql AS $$
BEGIN
    IF public.sandbox_is_armed() THEN
        CALL public.sandbox_before('ReverseCashReceipt', "iKey");
    END IF;
    "oCode" := '';
    BEGIN
        SELECT r."oStatus", r."oDocKey", r."oTranID" INTO "oStatus", "oDocKey", "oTranID"
            FROM tieout.receipt_reversal("iKey", "iHash", "iCompanyID", "iBatchKey",
                "iReceiptKey", "iTranDate", "iAmount", "iCurrID", "iPaymentRef",
                "iSettlementRef", "iComment") r;
        "oMessage" := tieout.answer("oStatus", "iKey");
    EXCEPTION WHEN SQLSTATE 'TO004' THEN
        "oStatus" := 4;
        GET STACKED DIAGNOSTICS "oMessage" = MESSAGE_TEXT, "oCode" = PG_EXCEPTION_DETAIL;
    END;
    IF "oStatus" = 1 AND public.sandbox_is_armed() THEN
        CALL public.sandbox_after('ReverseCashReceipt', "iKey");
    END IF;
END $$;
