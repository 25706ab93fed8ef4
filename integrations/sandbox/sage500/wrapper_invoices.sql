-- 9. An invoice with its lines --------------------------------------------------------------------

-- [{"description", "item", "account", "tax_code", "quantity", "amount"}], numbers as text; amounts
-- are signed, a discount is negative.
CREATE OR REPLACE FUNCTION tieout.invoice_lines(company public."tsmCompany", document text)
RETURNS TABLE (entry int, item int, description varchar, tax_code varchar, account int,
    quantity numeric, amount numeric)
LANGUAGE plpgsql AS $$
DECLARE
    digits int;
    line record;
BEGIN
    SELECT c."DigitsAfterDecimal" INTO digits FROM public."tmcCurrency" c
        WHERE c."CurrID" = company."CurrID";
    FOR line IN
        SELECT e.position, COALESCE(e.value->>'item', '') AS item_id,
            COALESCE(e.value->>'description', '') AS description,
            COALESCE(e.value->>'tax_code', '') AS tax_code,
            COALESCE(e.value->>'account', '') AS number,
            COALESCE(e.value->>'quantity', '') AS quantity,
            COALESCE(e.value->>'amount', '') AS amount
        FROM jsonb_array_elements(document::jsonb) WITH ORDINALITY e (value, position)
    LOOP
        IF line.amount !~ '^-?\d{1,12}(\.\d{1,3})?$'
            OR line.amount::numeric <> round(line.amount::numeric, digits)
        THEN
            PERFORM tieout.refuse('amount_invalid', format('Line %s comes to %s: an amount has at '
                'most %s decimals.', line.position, line.amount, digits));
        ELSIF line.quantity !~ '^\d{1,8}(\.\d{1,8})?$' OR line.quantity::numeric = 0 THEN
            PERFORM tieout.refuse('quantity_invalid',
                format('Line %s has the quantity %s.', line.position, line.quantity));
        END IF;
        PERFORM tieout.require_width('A line''s item', line.item_id, 30),
            tieout.require_width('A line''s description', line.description, 40),
            tieout.require_width('A line''s tax code', line.tax_code, 15);
        entry := line.position;
        item := NULL;
        IF line.item_id <> '' THEN
            SELECT i."ItemKey" INTO item FROM public."timItem" i
                WHERE i."CompanyID" = company."CompanyID" AND i."ItemID" = line.item_id;
            IF item IS NULL THEN
                PERFORM tieout.refuse('item_unknown',
                    format('Company %s has no item %s.', company."CompanyID", line.item_id));
            END IF;
        END IF;
        description := line.description;
        tax_code := line.tax_code;
        account := tieout.require_account(company."CompanyID", line.number);
        quantity := line.quantity::numeric;
        amount := line.amount::numeric;
        RETURN NEXT;
    END LOOP;
END $$;

-- Writes the lines; what is kept in stock is committed where most of it lies.
CREATE OR REPLACE FUNCTION tieout.write_invoice_lines(invoice int, lines jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    line record;
    line_key int;
    distribution int;
    place int;
BEGIN
    FOR line IN SELECT * FROM jsonb_to_recordset(lines) l (entry int, item int,
        description varchar, tax_code varchar, account int, quantity numeric, amount numeric)
    LOOP
        CALL public."spGetNextSurrogateKey"('tarInvoiceDetl', line_key);
        CALL public."spGetNextSurrogateKey"('tarInvoiceLineDist', distribution);
        place := NULL;
        UPDATE public."timInventory" v SET "QtyCommitted" = v."QtyCommitted" + line.quantity
            WHERE v."ItemKey" = line.item AND v."WhseKey" = (SELECT n."WhseKey"
                FROM public."timInventory" n WHERE n."ItemKey" = line.item
                ORDER BY n."QtyOnHand" - n."QtyCommitted" DESC, n."WhseKey" LIMIT 1)
            RETURNING v."WhseKey" INTO place;
        INSERT INTO public."tarInvoiceDetl" ("InvoiceLineKey", "InvcKey", "SeqNo", "ItemKey",
                "Description", "ExtCmnt", "UnitPrice", "ExtAmt")
            VALUES (line_key, invoice, line.entry, line.item, line.description, line.tax_code,
                round(line.amount / line.quantity, 5), line.amount);
        INSERT INTO public."tarInvoiceLineDist" ("InvoiceLineDistKey", "InvoiceLineKey",
                "GLAcctKey", "QtyShipped", "ExtAmt", "WhseKey")
            VALUES (distribution, line_key, line.account, line.quantity, line.amount, place);
    END LOOP;
END $$;

-- Checks, then writes the invoice; refusals are raised.
CREATE OR REPLACE FUNCTION tieout.invoice(
    "iKey" varchar, "iHash" varchar, "iCompanyID" varchar, "iBatchKey" int, "iCustID" varchar,
    "iTranDate" date, "iAmount" numeric, "iCurrID" varchar, "iReference" varchar,
    "iComment" varchar, "iLines" text,
    OUT "oStatus" int, OUT "oDocKey" int, OUT "oTranID" varchar
) LANGUAGE plpgsql AS $$
DECLARE
    known record;
    company public."tsmCompany";
    batch public."tciBatchLog";
    customer public."tarCustomer";
    totals record;
    number record;
BEGIN
    known := tieout.known_key("iKey", "iHash", "iCompanyID", 'invoice');
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
    SELECT count(*)::int AS lines, COALESCE(sum(l.amount), 0) AS amount,
            COALESCE(sum(l.amount) FILTER (WHERE l.tax_code <> ''), 0) AS tax,
            jsonb_agg(to_jsonb(l)) AS document
        INTO totals FROM tieout.invoice_lines(company, "iLines") l;
    IF totals.lines = 0 OR totals.amount <> "iAmount" THEN
        PERFORM tieout.refuse('invoice_unbalanced', format(
            'The %s lines come to %s, the invoice is %s.', totals.lines, totals.amount, "iAmount"));
    END IF;
    CALL public."spGetNextSurrogateKey"('tarInvoice', "oDocKey");
    PERFORM tieout.write_invoice_lines("oDocKey", totals.document);
    number := tieout.next_tran_no("iCompanyID", 'IN');
    "oTranID" := number.tran_id;
    INSERT INTO public."tarPendInvoice" ("InvcKey", "CompanyID", "CustKey", "BatchKey",
            "TranType", "TranNo", "TranID", "TranDate", "TranAmt", "TranAmtHC", "SalesAmt",
            "STaxAmt", "CurrID", "CustPONo", "TranCmnt", "CreateDate", "CreateUserID")
        VALUES ("oDocKey", "iCompanyID", customer."CustKey", "iBatchKey", number.tran_type,
            number.tran_no, number.tran_id, "iTranDate", "iAmount", "iAmount",
            "iAmount" - totals.tax, totals.tax, "iCurrID", COALESCE("iReference", ''),
            COALESCE("iComment", ''), public.sandbox_now(), batch."CreateUserID");
    UPDATE public."tarBatch" b SET "TranCtrl" = b."TranCtrl" + "iAmount"
        WHERE b."BatchKey" = "iBatchKey";
    PERFORM tieout.keep_key("iKey", "iHash", "iCompanyID", 'invoice', "oDocKey", "oTranID",
        "iBatchKey", "iAmount");
    "oStatus" := 1;
END $$;

CREATE OR REPLACE PROCEDURE tieout."CreateInvoice"(
    "iKey" varchar, "iHash" varchar, "iCompanyID" varchar, "iBatchKey" int, "iCustID" varchar,
    "iTranDate" date, "iAmount" numeric, "iCurrID" varchar, "iReference" varchar,
    "iComment" varchar, "iLines" text,
    INOUT "oStatus" int DEFAULT NULL, INOUT "oCode" varchar DEFAULT NULL,
    INOUT "oMessage" varchar DEFAULT NULL, INOUT "oDocKey" int DEFAULT NULL,
    INOUT "oTranID" varchar DEFAULT NULL
) LANGUAGE plpgsql AS $$
BEGIN
    IF public.sandbox_is_armed() THEN
        CALL public.sandbox_before('CreateInvoice', "iKey");
    END IF;
    "oCode" := '';
    BEGIN
        SELECT m."oStatus", m."oDocKey", m."oTranID" INTO "oStatus", "oDocKey", "oTranID"
            FROM tieout.invoice("iKey", "iHash", "iCompanyID", "iBatchKey", "iCustID",
                "iTranDate", "iAmount", "iCurrID", "iReference", "iComment", "iLines") m;
        "oMessage" := tieout.answer("oStatus", "iKey");
    EXCEPTION
        WHEN SQLSTATE 'TO004' THEN
            "oStatus" := 4;
            GET STACKED DIAGNOSTICS "oMessage" = MESSAGE_TEXT, "oCode" = PG_EXCEPTION_DETAIL;
        WHEN invalid_text_representation OR invalid_parameter_value THEN
            "oStatus" := 4;
            "oCode" := 'invoice_unbalanced';
            "oMessage" := left('The lines cannot be read: ' || SQLERRM, 255);
    END;
    IF "oStatus" = 1 AND public.sandbox_is_armed() THEN
        CALL public.sandbox_after('CreateInvoice', "iKey");
    END IF;
END $$;
