-- 8. A new customer, with its address, its contact and the link between them ---------------------

-- The next number behind a prefix, of as many digits as are asked for: only numbers of that form
-- count. Two callers wait for each other, so that a number is given once.
CREATE OR REPLACE FUNCTION tieout.next_customer_id(company varchar, prefix varchar, digits int)
RETURNS varchar LANGUAGE plpgsql AS $$
DECLARE last bigint;
BEGIN
    SELECT max(right(c."CustID", digits)::bigint) INTO last FROM public."tarCustomer" c
        WHERE c."CompanyID" = company AND upper(left(c."CustID", -digits)) = upper(prefix)
            AND right(c."CustID", digits) ~ ('^\d{' || digits || '}$');
    IF char_length((COALESCE(last, 0) + 1)::text) > digits THEN
        PERFORM tieout.refuse('customer_numbers', format(
            'Company %s has no number of %s digits left behind %s.', company, digits, prefix));
    END IF;
    RETURN prefix || lpad((COALESCE(last, 0) + 1)::text, digits, '0');
END $$;

-- The number that a new customer gets: the one that is asked for, or the next one.
CREATE OR REPLACE FUNCTION tieout.customer_id_for(
    company varchar, wanted varchar, prefix varchar, digits int
) RETURNS varchar LANGUAGE plpgsql AS $$
DECLARE
    there varchar;
    given varchar := btrim(COALESCE(wanted, ''));
BEGIN
    IF (given = '') = (btrim(COALESCE(prefix, '')) = '')
        OR (given = '' AND NOT COALESCE(digits BETWEEN 1 AND 12 - char_length(prefix), false))
    THEN
        PERFORM tieout.refuse('customer_numbers', 'A new customer is given a number, or how '
            'numbers begin and how many digits follow, together at most 12 characters.');
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('new customer ' || company, 500));
    IF given = '' THEN
        RETURN tieout.next_customer_id(company, btrim(prefix), digits);
    END IF;
    SELECT c."CustName" INTO there FROM public."tarCustomer" c
        WHERE c."CompanyID" = company AND upper(c."CustID") = upper(given);
    IF FOUND THEN
        PERFORM tieout.refuse('customer_exists',
            format('Company %s has a customer %s already: %s.', company, given, there));
    END IF;
    RETURN given;
END $$;

-- Class and terms by their ids; empty ones are the company's and the class's own.
CREATE OR REPLACE FUNCTION tieout.customer_setup(
    company varchar, class_id varchar, terms_id varchar,
    OUT class public."tarCustClass", OUT terms int
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT k.* INTO class FROM public."tarCustClass" k
        LEFT JOIN public."tarOptions" o ON o."CompanyID" = company
        WHERE k."CompanyID" = company AND CASE WHEN COALESCE(class_id, '') = ''
            THEN k."CustClassKey" = o."DfltCustClassKey" ELSE k."CustClassID" = class_id END;
    IF NOT FOUND THEN
        PERFORM tieout.refuse('customer_setup_missing', format('Company %s has no customer class %s.',
            company, COALESCE(NULLIF(class_id, ''), 'of its own for new customers')));
    END IF;
    terms := class."PmtTermsKey";
    IF COALESCE(terms_id, '') <> '' THEN
        SELECT t."PmtTermsKey" INTO terms FROM public."tciPaymentTerms" t
            WHERE t."CompanyID" = company AND t."PmtTermsID" = terms_id;
        IF NOT FOUND THEN
            PERFORM tieout.refuse('customer_setup_missing',
                format('Company %s has no payment terms %s.', company, terms_id));
        END IF;
    END IF;
END $$;

CREATE OR REPLACE FUNCTION tieout.new_customer(
    "iKey" varchar, "iHash" varchar, "iCompanyID" varchar, "iCustID" varchar,
    "iNumberPrefix" varchar, "iNumberDigits" int, "iName" varchar, "iEMail" varchar,
    "iPhone" varchar, lines varchar[], "iCity" varchar, "iStateID" varchar,
    "iPostalCode" varchar, "iCountryID" varchar, "iCustRefNo" varchar, "iCustClassID" varchar,
    "iPmtTermsID" varchar, "iDateEstab" date, "iUserID" varchar,
    OUT "oStatus" int, OUT "oDocKey" int, OUT "oCustID" varchar
) LANGUAGE plpgsql AS $$
DECLARE
    known record;
    setup record;
    address int;
    contact int;
BEGIN
    known := tieout.known_key("iKey", "iHash", "iCompanyID", 'customer');
    IF known."oStatus" IS NOT NULL THEN
        "oStatus" := known."oStatus";
        "oDocKey" := (known.kept)."DocumentKey";
        "oCustID" := (known.kept)."DocumentNo";
        RETURN;
    END IF;
    PERFORM tieout.require_company("iCompanyID", 5);
    PERFORM tieout.require_width('The customer number', "iCustID", 12),
        tieout.require_width('The name', "iName", 40),
        tieout.require_width('The e-mail address', "iEMail", 256),
        tieout.require_width('The telephone number', "iPhone", 17),
        tieout.require_width('The first address line', lines[1], 40),
        tieout.require_width('The second address line', lines[2], 40),
        tieout.require_width('The third address line', lines[3], 40),
        tieout.require_width('The city', "iCity", 20),
        tieout.require_width('The state', "iStateID", 3),
        tieout.require_width('The post code', "iPostalCode", 10),
        tieout.require_width('The country', "iCountryID", 3),
        tieout.require_width('The reference', "iCustRefNo", 15),
        tieout.require_width('The user', "iUserID", 30);
    IF btrim(COALESCE("iName", '')) = '' THEN
        PERFORM tieout.refuse('customer_unknown', 'A new customer needs a name.');
    END IF;
    setup := tieout.customer_setup("iCompanyID", "iCustClassID", "iPmtTermsID");
    "oCustID" := tieout.customer_id_for("iCompanyID", "iCustID", "iNumberPrefix",
        "iNumberDigits");
    CALL public."spGetNextSurrogateKey"('tarCustomer', "oDocKey");
    CALL public."spGetNextSurrogateKey"('tciAddress', address);
    CALL public."spGetNextSurrogateKey"('tciContact', contact);
    INSERT INTO public."tciAddress" ("AddrKey", "AddrName", "AddrLine1", "AddrLine2",
            "AddrLine3", "City", "StateID", "CountryID", "PostalCode")
        VALUES (address, "iName", COALESCE(lines[1], ''), COALESCE(lines[2], ''),
            COALESCE(lines[3], ''), COALESCE("iCity", ''), COALESCE("iStateID", ''),
            COALESCE("iCountryID", ''), COALESCE("iPostalCode", ''));
    INSERT INTO public."tciContact" ("CntctKey", "Name", "EMailAddr", "Phone")
        VALUES (contact, "iName", COALESCE("iEMail", ''), COALESCE("iPhone", ''));
    INSERT INTO public."tarCustomer" ("CustKey", "CustID", "CompanyID", "CustName", "CustRefNo",
            "CustClassKey", "DfltSalesAcctKey", "DfltSalesReturnAcctKey", "PrimaryAddrKey",
            "PrimaryCntctKey", "DateEstab", "CreateType", "CreateDate", "CreateUserID")
        VALUES ("oDocKey", "oCustID", "iCompanyID", "iName", COALESCE("iCustRefNo", ''),
            (setup.class)."CustClassKey", (setup.class)."DfltSalesAcctKey",
            (setup.class)."DfltSalesReturnAcctKey", address, contact, "iDateEstab", 7,
            public.sandbox_now(), "iUserID");
    INSERT INTO public."tarCustAddr" ("AddrKey", "CustKey", "CustAddrID", "PmtTermsKey")
        VALUES (address, "oDocKey", "oCustID", setup.terms);
    PERFORM tieout.keep_key("iKey", "iHash", "iCompanyID", 'customer', "oDocKey", "oCustID", 0,
        NULL);
    "oStatus" := 1;
END $$;

CREATE OR REPLACE PROCEDURE tieout."CreateCustomer"(
    "iKey" varchar, "iHash" varchar, "iCompanyID" varchar, "iCustID" varchar,
    "iNumberPrefix" varchar, "iNumberDigits" int, "iName" varchar, "iEMail" varchar,
    "iPhone" varchar, "iAddrLine1" varchar, "iAddrLine2" varchar, "iAddrLine3" varchar,
    "iCity" varchar, "iStateID" varchar, "iPostalCode" varchar, "iCountryID" varchar,
    "iCustRefNo" varchar, "iCustClassID" varchar, "iPmtTermsID" varchar, "iDateEstab" date,
    "iUserID" varchar,
    INOUT "oStatus" int DEFAULT NULL, INOUT "oCode" varchar DEFAULT NULL,
    INOUT "oMessage" varchar DEFAULT NULL, INOUT "oDocKey" int DEFAULT NULL,
    INOUT "oCustID" varchar DEFAULT NULL
) LANGUAGE plpgsql AS $$
BEGIN
    IF public.sandbox_is_armed() THEN
        CALL public.sandbox_before('CreateCustomer', "iKey");
    END IF;
    "oCode" := '';
    BEGIN
        SELECT r."oStatus", r."oDocKey", r."oCustID" INTO "oStatus", "oDocKey", "oCustID"
            FROM tieout.new_customer("iKey", "iHash", "iCompanyID", "iCustID", "iNumberPrefix",
                "iNumberDigits", "iName", "iEMail", "iPhone",
                ARRAY["iAddrLine1", "iAddrLine2", "iAddrLine3"], "iCity", "iStateID",
                "iPostalCode", "iCountryID", "iCustRefNo", "iCustClassID", "iPmtTermsID",
                "iDateEstab", "iUserID") r;
        "oMessage" := tieout.answer("oStatus", "iKey");
    EXCEPTION WHEN SQLSTATE 'TO004' THEN
        "oStatus" := 4;
        GET STACKED DIAGNOSTICS "oMessage" = MESSAGE_TEXT, "oCode" = PG_EXCEPTION_DETAIL;
    END;
    IF "oStatus" = 1 AND public.sandbox_is_armed() THEN
        CALL public.sandbox_after('CreateCustomer', "iKey");
    END IF;
END $$;
