-- What a new company database holds: set-up rows, the chart of accounts, periods. Adds what is
-- missing, changes nothing that is there.

CREATE OR REPLACE FUNCTION sandbox_seed_common(currency varchar) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "tmcCurrency" VALUES (currency, 2) ON CONFLICT DO NOTHING;
    INSERT INTO "tsmModuleDef" VALUES (2, 'CI'), (3, 'GL'), (4, 'AP'), (5, 'AR'), (7, 'IM'),
        (8, 'SO'), (9, 'CM'), (10, 'MC'), (11, 'PO'), (12, 'MF'), (19, 'PA')
        ON CONFLICT DO NOTHING;
    INSERT INTO "tsmLocalString" ("StringNo", "LocalText") VALUES
        (100447, 'Unsuccessful.'), (110067, 'Duplicate.'), (160228, 'Invalid company.'),
        (100463, 'Module is not active for the company.'),
        (164027, 'Batch key not found in tciBatchLog.'),
        (160151, 'Invalid transaction type for batch.'),
        (990001, 'No fiscal period holds the posting date'),
        (990002, 'The fiscal period is closed:'),
        (990003, 'More is applied than the balance of invoice'),
        (990004, 'Debits and credits differ'),
        (990005, 'No account is set up for'),
        (990006, 'The batch is on hold.'),
        (990007, 'A reversal stands before the posting of its receipt:')
        ON CONFLICT DO NOTHING;
    -- 501 is confirmed; the other numbers are assumed and looked up by TranTypeID, never written.
    INSERT INTO "tciTranType" VALUES (301, 3, 'GJ', 'General journal'), (501, 5, 'IN', 'Invoice'),
        (502, 5, 'CM', 'Credit memo'), (511, 5, 'CR', 'Cash receipt'), (513, 5, 'RV', 'Receipt reversal')
        ON CONFLICT DO NOTHING;
    INSERT INTO "tciBatchType" VALUES (301, 3, 'GLGJ', 'General journals'),
        (501, 5, 'ARIN', 'Invoices and memos'), (503, 5, 'ARCR', 'Cash receipts'),
        (505, 5, 'ARPA', 'Payment applications') ON CONFLICT DO NOTHING;
    INSERT INTO "tciBatchTranType" VALUES (301, 301), (501, 501), (501, 502), (503, 511),
        (503, 513)
        ON CONFLICT DO NOTHING;
END $$;

CREATE OR REPLACE FUNCTION sandbox_account(company varchar, number varchar) RETURNS int
LANGUAGE sql STABLE AS $$
    SELECT "GLAcctKey" FROM "tglAccount" WHERE "CompanyID" = company AND "GLAcctNo" = number
$$;

CREATE OR REPLACE FUNCTION sandbox_seed_company(company varchar, name varchar, currency varchar)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "tsmCompany" VALUES (company, name, currency) ON CONFLICT DO NOTHING;
    INSERT INTO "tsmCompanyModule" VALUES (company, 2, 1), (company, 3, 1), (company, 5, 1)
        ON CONFLICT DO NOTHING;
    INSERT INTO "tglAccount" ("GLAcctKey", "GLAcctNo", "Description", "CompanyID")
        SELECT nextval('surrogate."tglAccount"'), a.number, a.name, company
        FROM (VALUES ('1000-00', 'Operating bank'), ('1050-00', 'Card clearing'),
            ('1200-00', 'Accounts receivable'), ('2300-00', 'Unidentified receipts'),
            ('2200-00', 'Sales tax payable'), ('2310-00', 'Customer refunds'),
            ('4000-00', 'Sales'), ('4050-00', 'Sales discounts'), ('4100-00', 'Sales returns'),
            ('4200-00', 'Shipping income'),
            ('6200-00', 'Card processing fees'), ('6290-00', 'Settlement differences'),
            ('6295-00', 'Small differences written off')
        ) a (number, name)
        WHERE sandbox_account(company, a.number) IS NULL;
    INSERT INTO "tarOptions" ("CompanyID", "DfltCashAcctKey", "DfltARAcctKey") VALUES (company,
        sandbox_account(company, '1000-00'), sandbox_account(company, '1200-00'))
        ON CONFLICT DO NOTHING;
    INSERT INTO "tarCustPmtMethod"
        SELECT nextval('surrogate."tarCustPmtMethod"'), company, m.id, m.name
        FROM (VALUES ('CC', 'Card'), ('VISA', 'Visa'), ('MC', 'Mastercard'),
            ('AMEX', 'American Express'), ('DISC', 'Discover'), ('CHECK', 'Check')) m (id, name)
        WHERE NOT EXISTS (SELECT 1 FROM "tarCustPmtMethod" p
            WHERE p."CompanyID" = company AND p."PmtMethodID" = m.id);
    INSERT INTO "tciPaymentTerms" SELECT nextval('surrogate."tciPaymentTerms"'), company, t.id
        FROM (VALUES ('NET30'), ('RECEIPT')) t (id) ON CONFLICT DO NOTHING;
    INSERT INTO "tarCustClass"
        SELECT nextval('surrogate."tarCustClass"'), company, k.id,
            sandbox_account(company, '4000-00'), sandbox_account(company, '4100-00'),
            (SELECT t."PmtTermsKey" FROM "tciPaymentTerms" t
                WHERE t."CompanyID" = company AND t."PmtTermsID" = k.terms)
        FROM (VALUES ('STANDARD', 'NET30'), ('CARD', 'RECEIPT')) k (id, terms)
        ON CONFLICT DO NOTHING;
    UPDATE "tarOptions" o SET "DfltCustClassKey" = k."CustClassKey" FROM "tarCustClass" k
        WHERE o."CompanyID" = company AND k."CompanyID" = company
            AND k."CustClassID" = 'STANDARD' AND o."DfltCustClassKey" IS NULL;
    INSERT INTO "tglJournal" ("JrnlKey", "JrnlID", "Description", "CompanyID")
        SELECT nextval('surrogate."tglJournal"'), 'GJ', 'General journal', company
        WHERE NOT EXISTS (SELECT 1 FROM "tglJournal" j
            WHERE j."CompanyID" = company AND j."JrnlID" = 'GJ');
    INSERT INTO "timWarehouse" SELECT nextval('surrogate."timWarehouse"'), company, w.id
        FROM (VALUES ('MAIN'), ('STORE')) w (id) ON CONFLICT DO NOTHING;
    INSERT INTO "tciTranTypeCompany" SELECT company, t."TranType", 1 FROM "tciTranType" t
        WHERE t."ModuleNo" = 5 ON CONFLICT DO NOTHING;
    INSERT INTO "tciBatchTypCompany" SELECT company, t."BatchType", 1 FROM "tciBatchType" t
        ON CONFLICT DO NOTHING;
END $$;

-- Monthly periods that hold every day from first to last.
CREATE OR REPLACE FUNCTION sandbox_seed_periods(company varchar, first date, last date)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO "tglFiscalPeriod" ("CompanyID", "FiscYear", "FiscPer", "StartDate", "EndDate")
        SELECT company, to_char(m, 'YYYY'), extract(month FROM m)::smallint, m,
            m + interval '1 month' - interval '1 day'
        FROM generate_series(date_trunc('month', first::timestamp),
            date_trunc('month', last::timestamp), interval '1 month') m
        ON CONFLICT DO NOTHING
$$;
