-- What somebody does in the ERP behind the hub's back. Each returns false when there is no valid
-- posted receipt with the key.

-- Gives amounts back to invoices.
CREATE OR REPLACE FUNCTION sandbox_restore_balance(invoice int, amount numeric) RETURNS void
LANGUAGE sql AS $$
    UPDATE "tarInvoice" SET "Balance" = "Balance" + amount, "BalanceHC" = "BalanceHC" + amount,
        "ClosingTranDate" = NULL, "ClosingPostDate" = NULL, "UpdateDate" = sandbox_now(),
        "UpdateUserID" = 'bookkeeper', "UpdateCounter" = "UpdateCounter" + 1
    WHERE "InvcKey" = invoice
$$;

CREATE OR REPLACE FUNCTION sandbox_void_receipt(receipt int) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    pmt "tarCustPmt";
    appl "tarCustPmtAppl";
BEGIN
    UPDATE "tarCustPmt" p SET "Status" = 2, "UnappliedAmt" = 0, "UnappliedAmtHC" = 0,
            "UpdateDate" = sandbox_now(), "UpdateUserID" = 'bookkeeper',
            "UpdateCounter" = p."UpdateCounter" + 1
        WHERE p."CustPmtKey" = receipt AND p."Status" = 1 RETURNING p.* INTO pmt;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    FOR appl IN DELETE FROM "tarCustPmtAppl" a WHERE a."ApplyFromPmtKey" = receipt
        RETURNING a.*
    LOOP
        PERFORM sandbox_restore_balance(appl."ApplyToInvcKey", appl."PmtAmt");
    END LOOP;
    INSERT INTO "tglTransaction" ("GLTranKey", "CompanyID", "GLAcctKey", "TranDate", "PostDate",
            "PostAmt", "BatchKey", "TranType", "TranNo", "RefNo", "ExtCmnt", "CurrID")
        SELECT nextval('surrogate."tglTransaction"'), g."CompanyID", g."GLAcctKey",
            g."TranDate", g."PostDate", -g."PostAmt", g."BatchKey", g."TranType", g."TranNo",
            g."RefNo", g."ExtCmnt", g."CurrID"
        FROM "tglTransaction" g WHERE g."BatchKey" = pmt."BatchKey"
            AND g."TranType" = pmt."TranType" AND g."TranNo" = pmt."TranNo";
    RETURN true;
END $$;

-- A smaller amount is taken from what is unapplied, then from the last applications.
CREATE OR REPLACE FUNCTION sandbox_edit_receipt(receipt int, new_amount numeric) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    pmt "tarCustPmt";
    appl "tarCustPmtAppl";
    missing numeric;
    part numeric;
BEGIN
    SELECT * INTO pmt FROM "tarCustPmt" p WHERE p."CustPmtKey" = receipt AND p."Status" = 1
        FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    missing := greatest(pmt."TranAmt" - pmt."UnappliedAmt" - new_amount, 0);
    UPDATE "tarCustPmt" p SET "TranAmt" = new_amount, "TranAmtHC" = new_amount,
            "UnappliedAmt" = greatest(new_amount - (p."TranAmt" - p."UnappliedAmt"), 0),
            "UnappliedAmtHC" = greatest(new_amount - (p."TranAmt" - p."UnappliedAmt"), 0),
            "UpdateDate" = sandbox_now(), "UpdateUserID" = 'bookkeeper',
            "UpdateCounter" = p."UpdateCounter" + 1
        WHERE p."CustPmtKey" = receipt;
    FOR appl IN SELECT * FROM "tarCustPmtAppl" a WHERE a."ApplyFromPmtKey" = receipt
        ORDER BY a."SeqNo" DESC
    LOOP
        EXIT WHEN missing = 0;
        part := least(missing, appl."PmtAmt");
        missing := missing - part;
        PERFORM sandbox_restore_balance(appl."ApplyToInvcKey", part);
        IF part = appl."PmtAmt" THEN
            DELETE FROM "tarCustPmtAppl" a
                WHERE a."BatchKey" = appl."BatchKey" AND a."SeqNo" = appl."SeqNo";
        ELSE
            UPDATE "tarCustPmtAppl" a SET "PmtAmt" = a."PmtAmt" - part,
                    "PmtAmtIC" = a."PmtAmtIC" - part, "UpdateCounter" = a."UpdateCounter" + 1
                WHERE a."BatchKey" = appl."BatchKey" AND a."SeqNo" = appl."SeqNo";
        END IF;
    END LOOP;
    UPDATE "tglTransaction" g SET "PostAmt" = sign(g."PostAmt") * new_amount
        WHERE g."BatchKey" = pmt."BatchKey" AND g."TranType" = pmt."TranType"
            AND g."TranNo" = pmt."TranNo";
    RETURN true;
END $$;
