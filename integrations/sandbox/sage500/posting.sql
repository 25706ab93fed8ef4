-- What posting does to the sandbox's tables: sets, not loops. Each procedure is one step of the
-- register-and-post sequence; PostStatus says how far a batch has come (250 module posting
-- started, 300 module posted, 400 ledger posted, 999 finished; only "above 200" is documented).

-- Receipts leave the pending tables, invoices' balances fall, ledger lines are prepared.
CREATE OR REPLACE FUNCTION sandbox_post_receipts(batch int, company varchar, posted_on timestamp)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM "tarInvoice" i
        WHERE i."InvcKey" IN (SELECT a."ApplyToInvcKey" FROM "tarPendCustPmtAppl" a
            WHERE a."BatchKey" = batch)
        ORDER BY i."InvcKey" FOR UPDATE;
    INSERT INTO "tarCustPmt"
        SELECT p.* FROM "tarPendCustPmt" p WHERE p."BatchKey" = batch;
    UPDATE "tarCustPmt" p SET "PostDate" = posted_on WHERE p."BatchKey" = batch;
    INSERT INTO "tarCustPmtAppl"
        SELECT a.*, posted_on FROM "tarPendCustPmtAppl" a WHERE a."BatchKey" = batch;
    UPDATE "tarInvoice" i SET
            "Balance" = i."Balance" - s.amount,
            "BalanceHC" = i."BalanceHC" - s.amount,
            "NextApplEntryNo" = i."NextApplEntryNo" + s.entries,
            "ClosingTranDate" = CASE WHEN i."Balance" = s.amount THEN s.last_tran END,
            "ClosingPostDate" = CASE WHEN i."Balance" = s.amount THEN posted_on END,
            "UpdateDate" = sandbox_now(),
            "UpdateUserID" = s.by_user,
            "UpdateCounter" = i."UpdateCounter" + 1
        FROM (SELECT a."ApplyToInvcKey" AS invoice, sum(a."PmtAmt") AS amount,
                count(*)::int AS entries, max(a."ApplyFromTranDate") AS last_tran,
                max(a."CreateUserID") AS by_user
            FROM "tarPendCustPmtAppl" a WHERE a."BatchKey" = batch GROUP BY 1) s
        WHERE i."InvcKey" = s.invoice;
    INSERT INTO "tglPosting" ("BatchKey", "GLAcctKey", "CurrID", "PostAmt", "PostAmtHC",
            "PostDate", "ExtCmnt", "SourceModuleNo", "TranDate", "TranType", "TranNo", "RefNo")
        SELECT batch, side.account, p."CurrID", side.amount, side.amount, posted_on,
            p."PmtRefNo", 5, p."TranDate", p."TranType", p."TranNo", p."SettlementRefNo"
        FROM "tarPendCustPmt" p
        JOIN "tarBatch" b ON b."BatchKey" = p."BatchKey"
        JOIN "tarOptions" o ON o."CompanyID" = company
        CROSS JOIN LATERAL (VALUES (b."CashAcctKey", p."TranAmt"),
            (COALESCE(p."OffsetAcctKey", o."DfltARAcctKey"), -p."TranAmt")) side (account, amount)
        WHERE p."BatchKey" = batch;
    DELETE FROM "tarPendCustPmtAppl" a WHERE a."BatchKey" = batch;
    DELETE FROM "tarPendCustPmt" p WHERE p."BatchKey" = batch;
END $$;

-- Invoices and memos become rows of tarInvoice, memos with a negative balance. A memo goes against
-- its offset account, an invoice against the accounts of its lines; its items leave the warehouse.
CREATE OR REPLACE FUNCTION sandbox_post_invoices(batch int, company varchar, posted_on timestamp)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "tarInvoice" ("InvcKey", "CompanyID", "CustKey", "TranType", "TranNo", "TranID",
            "TranDate", "PostDate", "DueDate", "TranAmt", "TranAmtHC", "Balance", "BalanceHC",
            "SalesAmt", "STaxAmt", "CurrID", "BatchKey", "CustPONo", "TranCmnt", "CreateType",
            "CreateDate", "CreateUserID")
        SELECT p."InvcKey", p."CompanyID", p."CustKey", p."TranType", p."TranNo", p."TranID",
            p."TranDate", posted_on, CASE WHEN p."TranAmt" > 0 THEN p."TranDate" + interval '30 days' END,
            p."TranAmt", p."TranAmtHC", p."TranAmt", p."TranAmtHC",
            CASE WHEN p."TranAmt" > 0 THEN p."SalesAmt" ELSE p."TranAmt" END, p."STaxAmt",
            p."CurrID", p."BatchKey", p."CustPONo", p."TranCmnt", p."CreateType",
            sandbox_now(), p."CreateUserID"
        FROM "tarPendInvoice" p WHERE p."BatchKey" = batch;
    INSERT INTO "tglPosting" ("BatchKey", "GLAcctKey", "CurrID", "PostAmt", "PostAmtHC",
            "PostDate", "ExtCmnt", "SourceModuleNo", "TranDate", "TranType", "TranNo", "RefNo")
        SELECT batch, side.account, p."CurrID", side.amount, side.amount, posted_on,
            side.words, 5, p."TranDate", p."TranType", p."TranNo", p."CustPONo"
        FROM "tarPendInvoice" p
        JOIN "tarOptions" o ON o."CompanyID" = company
        CROSS JOIN LATERAL (
            SELECT p."OffsetAcctKey", -p."TranAmt", p."TranCmnt"
            WHERE p."OffsetAcctKey" IS NOT NULL
            UNION ALL
            SELECT o."DfltARAcctKey", p."TranAmt", p."TranCmnt"
            UNION ALL
            SELECT d."GLAcctKey", -d."ExtAmt", l."Description" FROM "tarInvoiceDetl" l
            JOIN "tarInvoiceLineDist" d ON d."InvoiceLineKey" = l."InvoiceLineKey"
            WHERE l."InvcKey" = p."InvcKey" AND d."ExtAmt" <> 0) side (account, amount, words)
        WHERE p."BatchKey" = batch;
    UPDATE "timInventory" v SET "QtyOnHand" = v."QtyOnHand" - s.quantity,
            "QtyCommitted" = v."QtyCommitted" - s.quantity
        FROM (SELECT l."ItemKey", d."WhseKey", sum(d."QtyShipped") AS quantity
            FROM "tarPendInvoice" p
            JOIN "tarInvoiceDetl" l ON l."InvcKey" = p."InvcKey"
            JOIN "tarInvoiceLineDist" d ON d."InvoiceLineKey" = l."InvoiceLineKey"
            WHERE p."BatchKey" = batch AND d."WhseKey" IS NOT NULL GROUP BY 1, 2) s
        WHERE v."ItemKey" = s."ItemKey" AND v."WhseKey" = s."WhseKey";
    DELETE FROM "tarPendInvoice" p WHERE p."BatchKey" = batch;
END $$;

-- oRetVal 0 ok. Receivables only; journals have no sub-ledger.
CREATE OR REPLACE PROCEDURE "spciModPost"(
    "iBatchKey" int, "iSessionID" int, "iSourceModule" int, INOUT "oRetVal" int DEFAULT NULL
) LANGUAGE plpgsql AS $$
DECLARE batch "tciBatchLog"%ROWTYPE;
BEGIN
    SELECT * INTO batch FROM "tciBatchLog" l WHERE l."BatchKey" = "iBatchKey" FOR UPDATE;
    PERFORM sandbox_post_receipts("iBatchKey", batch."SourceCompanyID", batch."PostDate");
    PERFORM sandbox_post_invoices("iBatchKey", batch."SourceCompanyID", batch."PostDate");
    UPDATE "tciBatchLog" l SET "PostStatus" = 300, "UpdateCounter" = l."UpdateCounter" + 1
        WHERE l."BatchKey" = "iBatchKey";
    "oRetVal" := 0;
END $$;

-- oRetVal 0 ok, -7 debits and credits differ (nothing is written then).
CREATE OR REPLACE PROCEDURE "spciGLPost"(
    "iBatchKey" int, "iSessionID" int, "iSourceModule" int, INOUT "oRetVal" int DEFAULT NULL
) LANGUAGE plpgsql AS $$
DECLARE logged int;
BEGIN
    IF (SELECT COALESCE(sum(g."PostAmtHC"), 0) FROM "tglPosting" g
        WHERE g."BatchKey" = "iBatchKey") <> 0
    THEN
        CALL "spciLogError"("iBatchKey", "iSessionID", 990004, '', '', 1, 2, logged);
        "oRetVal" := -7;
        RETURN;
    END IF;
    INSERT INTO "tglTransaction" ("GLTranKey", "CompanyID", "GLAcctKey", "TranDate", "PostDate",
            "PostAmt", "BatchKey", "TranType", "TranNo", "RefNo", "ExtCmnt", "CurrID")
        SELECT nextval('surrogate."tglTransaction"'), l."SourceCompanyID", g."GLAcctKey",
            g."TranDate", g."PostDate", g."PostAmt", g."BatchKey", g."TranType", g."TranNo",
            g."RefNo", g."ExtCmnt", g."CurrID"
        FROM "tglPosting" g JOIN "tciBatchLog" l ON l."BatchKey" = g."BatchKey"
        WHERE g."BatchKey" = "iBatchKey";
    UPDATE "tciBatchLog" l SET "PostStatus" = 400, "UpdateCounter" = l."UpdateCounter" + 1
        WHERE l."BatchKey" = "iBatchKey";
    "oRetVal" := 0;
END $$;

CREATE OR REPLACE PROCEDURE "spciModCleanup"(
    "iBatchKey" int, "iSessionID" int, "iSourceModule" int, INOUT "oRetVal" int DEFAULT NULL
) LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM "tglPosting" g WHERE g."BatchKey" = "iBatchKey";
    UPDATE "tciBatchLog" l SET "Status" = 6, "PostStatus" = 999,
            "UpdateCounter" = l."UpdateCounter" + 1
        WHERE l."BatchKey" = "iBatchKey";
    "oRetVal" := 0;
END $$;

-- oRetVal 0 ok, 2 errors in the log.
CREATE OR REPLACE PROCEDURE "spglJournalRgstr"(
    "iBatchKey" int, "iSessionID" int, INOUT "oRetVal" int DEFAULT NULL
) LANGUAGE plpgsql AS $$
DECLARE
    bad record;
    logged int;
BEGIN
    "oRetVal" := 0;
    FOR bad IN
        SELECT h."JrnlNo" FROM "tglJournalHdr" h
        JOIN "tglJournalDetl" d ON d."JrnlHdrKey" = h."JrnlHdrKey"
        WHERE h."BatchKey" = "iBatchKey"
        GROUP BY h."JrnlHdrKey", h."JrnlNo" HAVING sum(d."PostAmtHC") <> 0
    LOOP
        CALL "spciLogError"("iBatchKey", "iSessionID", 990004, bad."JrnlNo"::varchar,
            '', 1, 2, logged);
        "oRetVal" := 2;
    END LOOP;
END $$;

-- Journals to the ledger. oRetVal 1 ok, 0 unsuccessful, 3 period closed.
CREATE OR REPLACE PROCEDURE "spglGeneralJrnlPostAll"(
    "iCompanyID" varchar, "iBatchKey" int, "iFullGL" int, "iCommitFlag" int,
    INOUT "oRetVal" int DEFAULT NULL
) LANGUAGE plpgsql AS $$
DECLARE
    batch "tciBatchLog"%ROWTYPE;
    posted int;
BEGIN
    SELECT * INTO batch FROM "tciBatchLog" l
        WHERE l."BatchKey" = "iBatchKey" AND l."SourceCompanyID" = "iCompanyID" FOR UPDATE;
    IF sandbox_period_status("iCompanyID", batch."PostDate") IS DISTINCT FROM 1 THEN
        "oRetVal" := 3;
        RETURN;
    END IF;
    INSERT INTO "tglPosting" ("BatchKey", "GLAcctKey", "CurrID", "JrnlKey", "JrnlNo", "PostAmt",
            "PostAmtHC", "PostDate", "ExtCmnt", "SourceModuleNo", "TranDate", "TranType",
            "TranNo", "RefNo")
        SELECT h."BatchKey", d."GLAcctKey", h."CurrID", h."JrnlKey", h."JrnlNo", d."PostAmt",
            d."PostAmtHC", batch."PostDate", d."PostCmnt", 3, d."TranDate", t."TranType",
            lpad(h."JrnlNo"::text, 10, '0'), d."RefNo"
        FROM "tglJournalHdr" h
        JOIN "tglJournalDetl" d ON d."JrnlHdrKey" = h."JrnlHdrKey"
        JOIN "tciBatchTranType" t ON t."BatchType" = batch."BatchType"
        WHERE h."BatchKey" = "iBatchKey" ORDER BY h."JrnlHdrKey", d."EntryNo";
    UPDATE "tglJournalHdr" h SET "Status" = 3 WHERE h."BatchKey" = "iBatchKey";
    CALL "spciGLPost"("iBatchKey", 0, 3, posted);
    "oRetVal" := CASE WHEN posted = 0 THEN 1 ELSE 0 END;
END $$;
