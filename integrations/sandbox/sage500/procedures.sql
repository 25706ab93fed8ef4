-- Sage 500's own procedures, as far as their names, parameters and return codes are known.
-- Names with "assumed" are the sandbox's; the wrapper reaches them only through the steps below.

CREATE OR REPLACE FUNCTION sandbox_now() RETURNS timestamp(3) LANGUAGE sql VOLATILE AS
$$ SELECT (clock_timestamp() AT TIME ZONE 'UTC')::timestamp(3) $$;

-- Keys and numbers ---------------------------------------------------------------------------

-- The product keeps a counter row per table, which makes all writers wait for one another until
-- they commit. A sequence gives the same promise (an int per table name, growing, handed out
-- before commit, with gaps after a rollback) without the waiting.
DO $$
DECLARE table_name text;
BEGIN
    FOREACH table_name IN ARRAY ARRAY[
        'tarCustomer', 'tarInvoice', 'tarCustPmt', 'tarCustPmtMethod', 'tciBatchLog', 'tglAccount',
        'tglJournal', 'tglJournalHdr', 'tglTransaction', 'tciErrorLog', 'tdmMigrationLogWrk',
        'tsmMigrateSession', 'tarCustClass', 'tciPaymentTerms', 'tarInvoiceDetl',
        'tarInvoiceLineDist', 'timItem', 'timWarehouse', 'tsoSalesOrder', 'tsoSOLine',
        'tsoSOLineDist']
    LOOP
        EXECUTE format('CREATE SEQUENCE IF NOT EXISTS surrogate.%I AS int', table_name);
    END LOOP;
    -- Addresses and contacts of customers that were loaded from a file carry the customers' keys.
    FOREACH table_name IN ARRAY ARRAY['tciAddress', 'tciContact'] LOOP
        EXECUTE format('CREATE SEQUENCE IF NOT EXISTS surrogate.%I AS int START 1000000000',
            table_name);
    END LOOP;
END $$;

-- oNewKey null: no such table; callers treat it as fatal.
CREATE OR REPLACE PROCEDURE "spGetNextSurrogateKey"(
    "iTableName" varchar, INOUT "oNewKey" int DEFAULT NULL
) LANGUAGE plpgsql AS $$
DECLARE source regclass := to_regclass(format('surrogate.%I', "iTableName"));
BEGIN
    "oNewKey" := CASE WHEN source IS NOT NULL THEN nextval(source) END;
END $$;

-- _oRetVal 0 did not finish, 1 ok, 2 no number available, 3 no tciBatchTypCompany row,
-- 4 no tciBatchLog row, 5 no module batch row, 6 row exists.
-- As in the product, the general ledger's own batch row and post date are the caller's.
CREATE OR REPLACE PROCEDURE "spGetNextBatch"(
    "_iCompanyID" varchar, "_iModuleNo" int, "_iBatchType" int, "_iUserID" varchar,
    "_iDefBatchCmnt" varchar, "_iPostDate" timestamp,
    INOUT "_oBatchKey" int, INOUT "_oNextBatchNo" int, INOUT "_oRetVal" int,
    "_optHiddenBatch" int DEFAULT 0, "_optInvcDate" timestamp DEFAULT NULL
) LANGUAGE plpgsql AS $$
DECLARE type_id varchar(4);
BEGIN
    "_oRetVal" := 0;
    SELECT t."BatchTypeID" INTO type_id FROM "tciBatchType" t
        WHERE t."BatchType" = "_iBatchType" AND t."ModuleNo" = "_iModuleNo";
    UPDATE "tciBatchTypCompany" c SET "NextBatchNo" = c."NextBatchNo" + 1
        WHERE c."CompanyID" = "_iCompanyID" AND c."BatchType" = "_iBatchType"
        RETURNING c."NextBatchNo" - 1 INTO "_oNextBatchNo";
    IF NOT FOUND OR type_id IS NULL THEN
        "_oRetVal" := 3;
        RETURN;
    END IF;
    IF "_oNextBatchNo" > 9999999 THEN
        "_oRetVal" := 2;
        RETURN;
    END IF;
    CALL "spGetNextSurrogateKey"('tciBatchLog', "_oBatchKey");
    INSERT INTO "tciBatchLog" ("BatchKey", "BatchID", "BatchNo", "BatchType", "SourceCompanyID",
            "PostDate", "BatchCmnt", "CreateDate", "CreateUserID")
        VALUES ("_oBatchKey", type_id || '-' || lpad("_oNextBatchNo"::text, 7, '0'),
            "_oNextBatchNo", "_iBatchType", "_iCompanyID",
            CASE WHEN "_iModuleNo" <> 3 THEN "_iPostDate" END, "_iDefBatchCmnt",
            sandbox_now(), "_iUserID")
        ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        "_oRetVal" := 6;
        RETURN;
    END IF;
    IF "_iModuleNo" = 5 THEN
        INSERT INTO "tarBatch" ("BatchKey", "CashAcctKey", "BatchCmnt", "OrigUserID", "PostDate")
            SELECT "_oBatchKey", o."DfltCashAcctKey", "_iDefBatchCmnt", "_iUserID", "_iPostDate"
            FROM "tarOptions" o WHERE o."CompanyID" = "_iCompanyID";
        IF NOT FOUND THEN
            "_oRetVal" := 5;
            RETURN;
        END IF;
    END IF;
    "_oRetVal" := 1;
END $$;

CREATE OR REPLACE PROCEDURE "spGetBatchStatus"(
    "iBatchKey" int, INOUT "oStatus" int DEFAULT NULL, INOUT "oRetVal" int DEFAULT NULL
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT l."Status" INTO "oStatus" FROM "tciBatchLog" l WHERE l."BatchKey" = "iBatchKey";
    "oRetVal" := CASE WHEN FOUND THEN 1 ELSE 0 END;
END $$;

-- Next journal number; the counter's place and the procedure's name are assumed.
CREATE OR REPLACE PROCEDURE "spglGiveNextJrnlNo"(
    "iCompanyID" varchar, "iJrnlKey" int, "iIncrement" int,
    INOUT "oJrnlNo" int DEFAULT NULL, INOUT "oRetVal" int DEFAULT NULL
) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE "tglJournal" j SET "NextJrnlNo" = j."NextJrnlNo" + "iIncrement"
        WHERE j."JrnlKey" = "iJrnlKey" AND j."CompanyID" = "iCompanyID"
        RETURNING j."NextJrnlNo" - "iIncrement" INTO "oJrnlNo";
    "oRetVal" := CASE WHEN FOUND THEN 1 ELSE 0 END;
END $$;

-- 1 open, 2 closed, null when no period holds the day.
CREATE OR REPLACE FUNCTION sandbox_period_status(company varchar, day timestamp)
RETURNS smallint LANGUAGE sql STABLE AS $$
    SELECT p."Status" FROM "tglFiscalPeriod" p
    WHERE p."CompanyID" = company AND p."StartDate" <= day
        AND day < p."EndDate" + interval '1 day'
    ORDER BY p."StartDate" DESC LIMIT 1
$$;

-- Error log ----------------------------------------------------------------------------------

-- oRetVal 1 logged; 0 refused, because the batch key is not in tciBatchLog. Name assumed.
CREATE OR REPLACE PROCEDURE "spciLogError"(
    "iBatchKey" int, "iSessionID" int, "iStringNo" int, "iStringData1" varchar,
    "iStringData2" varchar, "iErrorType" int, "iSeverity" int, INOUT "oRetVal" int DEFAULT NULL
) LANGUAGE plpgsql AS $$
BEGIN
    "oRetVal" := 0;
    IF NOT EXISTS (SELECT 1 FROM "tciBatchLog" l WHERE l."BatchKey" = "iBatchKey") THEN
        RETURN;
    END IF;
    INSERT INTO "tciErrorLog" ("SessionID", "EntryNo", "BatchKey", "StringNo", "StringData1",
            "StringData2", "ErrorType", "Severity")
        SELECT "iSessionID", COALESCE(max(e."EntryNo"), 0) + 1, "iBatchKey", "iStringNo",
            left("iStringData1", 30), left("iStringData2", 30), "iErrorType", "iSeverity"
        FROM "tciErrorLog" e WHERE e."SessionID" = "iSessionID";
    "oRetVal" := 1;
END $$;

-- Register: what is checked before anything is posted --------------------------------------------

-- oRetVal 0 ok, 1 warnings, 2 errors; what is wrong stands in tciErrorLog.
CREATE OR REPLACE PROCEDURE "spciValidatePosting"(
    "iBatchKey" int, "iSessionID" int, "iSourceModule" int, "iBatchType" int,
    INOUT "oRetVal" int DEFAULT NULL
) LANGUAGE plpgsql AS $$
DECLARE
    logged int;
    batch "tciBatchLog"%ROWTYPE;
    period smallint;
    bad record;
BEGIN
    "oRetVal" := 0;
    SELECT * INTO batch FROM "tciBatchLog" l WHERE l."BatchKey" = "iBatchKey";
    period := sandbox_period_status(batch."SourceCompanyID", batch."PostDate");
    IF period IS DISTINCT FROM 1 THEN
        CALL "spciLogError"("iBatchKey", "iSessionID",
            CASE WHEN period IS NULL THEN 990001 ELSE 990002 END,
            to_char(batch."PostDate", 'YYYY-MM-DD'), '', 1, 2, logged);
        "oRetVal" := 2;
    END IF;
    FOR bad IN
        SELECT d."TranID" FROM (
            SELECT "TranID", "TranType" FROM "tarPendCustPmt" WHERE "BatchKey" = "iBatchKey"
            UNION ALL
            SELECT "TranID", "TranType" FROM "tarPendInvoice" WHERE "BatchKey" = "iBatchKey") d
        WHERE NOT EXISTS (SELECT 1 FROM "tciBatchTranType" t
            WHERE t."BatchType" = "iBatchType" AND t."TranType" = d."TranType")
    LOOP
        CALL "spciLogError"("iBatchKey", "iSessionID", 160151, bad."TranID", '', 1, 2, logged);
        "oRetVal" := 2;
    END LOOP;
    FOR bad IN
        SELECT a."ApplyToTranID" FROM "tarPendCustPmtAppl" a
        LEFT JOIN "tarInvoice" i ON i."InvcKey" = a."ApplyToInvcKey"
        WHERE a."BatchKey" = "iBatchKey"
        GROUP BY a."ApplyToTranID", i."InvcKey", i."Balance"
        HAVING i."InvcKey" IS NULL OR (sum(a."PmtAmt") > i."Balance" AND NOT EXISTS (
            SELECT 1 FROM "tarOptions" o
            WHERE o."CompanyID" = batch."SourceCompanyID" AND o."AllowOverAppl" = 1))
    LOOP
        CALL "spciLogError"("iBatchKey", "iSessionID", 990003, bad."ApplyToTranID",
            '', 1, 2, logged);
        "oRetVal" := 2;
    END LOOP;
    FOR bad IN
        SELECT p."TranID" FROM "tarPendCustPmt" p
        WHERE p."BatchKey" = "iBatchKey" AND p."RvrsdPmtKey" IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM "tarCustPmt" r
                WHERE r."CustPmtKey" = p."RvrsdPmtKey")
            AND NOT EXISTS (SELECT 1 FROM "tarPendCustPmt" r
                WHERE r."CustPmtKey" = p."RvrsdPmtKey" AND r."BatchKey" = "iBatchKey")
    LOOP
        CALL "spciLogError"("iBatchKey", "iSessionID", 990007, bad."TranID", '', 1, 2, logged);
        "oRetVal" := 2;
    END LOOP;
    IF "iSourceModule" = 5 AND NOT EXISTS (
        SELECT 1 FROM "tarBatch" b JOIN "tglAccount" g ON g."GLAcctKey" = b."CashAcctKey"
        JOIN "tarOptions" o ON o."CompanyID" = batch."SourceCompanyID"
        JOIN "tglAccount" r ON r."GLAcctKey" = o."DfltARAcctKey"
        WHERE b."BatchKey" = "iBatchKey")
    THEN
        CALL "spciLogError"("iBatchKey", "iSessionID", 990005, 'bank or receivables',
            '', 1, 2, logged);
        "oRetVal" := 2;
    END IF;
END $$;

-- oRetVal 0 ok. A batch on hold is not posted.
CREATE OR REPLACE PROCEDURE "spciPrePost"(
    "iBatchKey" int, "iSessionID" int, "iSourceModule" int, INOUT "oRetVal" int DEFAULT NULL
) LANGUAGE plpgsql AS $$
DECLARE logged int;
BEGIN
    "oRetVal" := 0;
    IF EXISTS (SELECT 1 FROM "tarBatch" b WHERE b."BatchKey" = "iBatchKey" AND b."Hold" = 1)
        OR EXISTS (SELECT 1 FROM "tglBatch" b WHERE b."BatchKey" = "iBatchKey" AND b."Hold" = 1)
    THEN
        CALL "spciLogError"("iBatchKey", "iSessionID", 990006, '', '', 1, 2, logged);
        "oRetVal" := 2;
    END IF;
END $$;

-- _oRetVal 0: every document is in the home currency.
CREATE OR REPLACE PROCEDURE "spARValGLCurr"(
    "_iBatchKey" int, "_iHomeCurrency" varchar, "_iCompanyID" varchar,
    INOUT "_oRetVal" int DEFAULT NULL
) LANGUAGE sql AS $$
    SELECT CASE WHEN
        EXISTS (SELECT 1 FROM "tarPendCustPmt" p
            WHERE p."BatchKey" = "_iBatchKey" AND p."CurrID" <> "_iHomeCurrency")
        OR EXISTS (SELECT 1 FROM "tarPendInvoice" p
            WHERE p."BatchKey" = "_iBatchKey" AND p."CurrID" <> "_iHomeCurrency")
    THEN 2 ELSE 0 END
$$;

-- "RetVal" 1: each receipt is its applications and what is unapplied, and each invoice its lines.
CREATE OR REPLACE PROCEDURE "sparCheckBalance"(
    "BatchKey" int, "SessionID" int, INOUT "RetVal" int DEFAULT NULL
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    logged int;
    batch int := $1;
    session int := $2;
BEGIN
    "RetVal" := 1;
    IF EXISTS (
        SELECT 1 FROM "tarPendCustPmt" p LEFT JOIN LATERAL (
            SELECT sum(a."PmtAmt") AS applied FROM "tarPendCustPmtAppl" a
            WHERE a."ApplyFromPmtKey" = p."CustPmtKey") s ON true
        WHERE p."BatchKey" = batch
            AND p."TranAmt" <> p."UnappliedAmt" + COALESCE(s.applied, 0))
        OR EXISTS (
            SELECT 1 FROM "tarPendInvoice" p LEFT JOIN LATERAL (
                SELECT sum(d."ExtAmt") AS amount FROM "tarInvoiceDetl" l
                JOIN "tarInvoiceLineDist" d ON d."InvoiceLineKey" = l."InvoiceLineKey"
                WHERE l."InvcKey" = p."InvcKey") s ON true
            WHERE p."BatchKey" = batch AND p."OffsetAcctKey" IS NULL
                AND p."TranAmt" IS DISTINCT FROM s.amount)
    THEN
        "RetVal" := 0;
        CALL "spciLogError"(batch, session, 990004, '', '', 1, 2, logged);
    END IF;
END $$;

CREATE OR REPLACE PROCEDURE "sparSetRegPrintFlg"(
    "iBatchKey" int, "iFlagValue" int, "iCompanyID" varchar, INOUT "iRetVal" int DEFAULT NULL
) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE "tciBatchLog" l SET "RgstrPrinted" = "iFlagValue", "Status" = 5,
            "UpdateCounter" = l."UpdateCounter" + 1
        WHERE l."BatchKey" = "iBatchKey" AND l."SourceCompanyID" = "iCompanyID";
    "iRetVal" := CASE WHEN FOUND THEN 0 ELSE 1 END;
END $$;

-- Parameters beyond the four results are not known.
CREATE OR REPLACE PROCEDURE "sparCheckRgstrStatus2"(
    "iBatchKey" int, INOUT "oPrintStatus" int DEFAULT NULL, INOUT "oErrorStatus" int DEFAULT NULL,
    INOUT "oStatus" int DEFAULT NULL, INOUT "oRecordsExist" int DEFAULT NULL
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT l."RgstrPrinted", l."Status" INTO "oPrintStatus", "oStatus"
        FROM "tciBatchLog" l WHERE l."BatchKey" = "iBatchKey";
    SELECT COALESCE(max(e."Severity"), 0) INTO "oErrorStatus"
        FROM "tciErrorLog" e WHERE e."BatchKey" = "iBatchKey";
    "oRecordsExist" := (
        EXISTS (SELECT 1 FROM "tarPendCustPmt" p WHERE p."BatchKey" = "iBatchKey")
        OR EXISTS (SELECT 1 FROM "tarPendInvoice" p WHERE p."BatchKey" = "iBatchKey")
        OR EXISTS (SELECT 1 FROM "tglJournalHdr" h WHERE h."BatchKey" = "iBatchKey"))::int;
END $$;
