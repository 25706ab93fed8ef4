-- Makes the rows of the temporary table `incoming` posted, open invoices. Returns how many are new.
CREATE OR REPLACE FUNCTION sandbox_load_invoices(company varchar) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    by_user CONSTANT varchar := 'billing';
    currency varchar;
    added int;
    batch int;
    batch_no int;
    result int;
    first_no int;
    last_day timestamp;
BEGIN
    DELETE FROM incoming n USING "tarInvoice" i
        WHERE i."CustPONo" = n.invoice_no AND i."CompanyID" = company AND i."TranType" = 501;
    SELECT count(*), max(n.invoice_date) INTO added, last_day FROM incoming n;
    IF added = 0 THEN
        RETURN 0;
    END IF;
    SELECT c."CurrID" INTO currency FROM "tsmCompany" c WHERE c."CompanyID" = company;
    INSERT INTO "tarCustomer" ("CustKey", "CustID", "CompanyID", "CustName", "DfltSalesAcctKey",
            "DfltSalesReturnAcctKey", "DateEstab", "CreateDate", "CreateUserID")
        SELECT nextval('surrogate."tarCustomer"'), n.customer_id, company,
            'Customer ' || n.customer_id, sandbox_account(company, '4000-00'),
            sandbox_account(company, '4100-00'), n.since, sandbox_now(), by_user
        FROM (SELECT customer_id, min(invoice_date) AS since FROM incoming GROUP BY 1
            ORDER BY min(line)) n
        ON CONFLICT ("CompanyID", "CustID") DO NOTHING;
    CALL "spGetNextBatch"(company, 5, 501, by_user, 'Invoice file', last_day, batch, batch_no,
        result);
    UPDATE "tciTranTypeCompany" c SET "NextTranNo" = c."NextTranNo" + added
        WHERE c."CompanyID" = company AND c."TranType" = 501
        RETURNING c."NextTranNo" - added INTO first_no;
    INSERT INTO "tarInvoice" ("InvcKey", "CompanyID", "CustKey", "TranType", "TranNo", "TranID",
            "TranDate", "PostDate", "DueDate", "TranAmt", "TranAmtHC", "Balance", "BalanceHC",
            "SalesAmt", "CurrID", "BatchKey", "CustPONo", "CreateDate", "CreateUserID")
        SELECT nextval('surrogate."tarInvoice"'), company, c."CustKey", 501,
            lpad(n.number::text, 10, '0'), lpad(n.number::text, 10, '0') || '-IN',
            n.invoice_date, n.invoice_date, n.invoice_date + 30, n.total, n.total, n.total,
            n.total, n.total, currency, batch, n.invoice_no, sandbox_now(), by_user
        FROM (SELECT i.*, first_no + row_number() OVER (ORDER BY i.line) - 1 AS number
            FROM incoming i ORDER BY i.line) n
        JOIN "tarCustomer" c ON c."CompanyID" = company AND c."CustID" = n.customer_id
        ORDER BY n.number;
    INSERT INTO "tglTransaction" ("GLTranKey", "CompanyID", "GLAcctKey", "TranDate", "PostDate",
            "PostAmt", "BatchKey", "TranType", "TranNo", "RefNo", "ExtCmnt", "CurrID")
        SELECT nextval('surrogate."tglTransaction"'), company, side.account, i."TranDate",
            i."PostDate", side.amount, batch, 501, i."TranNo", i."CustPONo", 'Invoice', currency
        FROM "tarInvoice" i
        JOIN "tarOptions" o ON o."CompanyID" = company
        CROSS JOIN LATERAL (VALUES (o."DfltARAcctKey", i."TranAmt"),
            (sandbox_account(company, '4000-00'), -i."TranAmt")) side (account, amount)
        WHERE i."BatchKey" = batch;
    UPDATE "tciBatchLog" l SET "Status" = 6, "PostStatus" = 999, "RgstrPrinted" = 1
        WHERE l."BatchKey" = batch;
    RETURN added;
END $$;
