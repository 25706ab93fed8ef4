-- Accounts receivable of the Sage 500 sandbox, and the wrapper's own key table.

CREATE TABLE IF NOT EXISTS "tarOptions" (
    "CompanyID" varchar(3) PRIMARY KEY,
    "DfltCashAcctKey" int,
    "DfltARAcctKey" int,                            -- assumed
    "AllowOverAppl" smallint NOT NULL DEFAULT 0     -- assumed; since 7.4 the product can allow it
);
ALTER TABLE "tarOptions" ADD COLUMN IF NOT EXISTS "DfltCustClassKey" int;    -- assumed
CREATE TABLE IF NOT EXISTS "tarCustPmtMethod" (     -- assumed
    "PmtMethodKey" int PRIMARY KEY,
    "CompanyID" varchar(3) NOT NULL,
    "PmtMethodID" varchar(15) NOT NULL,
    "Description" varchar(40) NOT NULL,
    UNIQUE ("CompanyID", "PmtMethodID")
);
CREATE TABLE IF NOT EXISTS "tarCustomer" (
    "CustKey" int PRIMARY KEY,
    "CustID" varchar(12) NOT NULL,
    "CompanyID" varchar(3) NOT NULL,
    "CustName" varchar(40) NOT NULL,
    "CustRefNo" varchar(15) NOT NULL DEFAULT '',
    "CustClassKey" int,
    "Status" smallint NOT NULL DEFAULT 1,
    "Hold" smallint NOT NULL DEFAULT 0,
    "CreditLimit" numeric(15,3) NOT NULL DEFAULT 0,
    "CreditLimitUsed" smallint NOT NULL DEFAULT 0,
    "DfltSalesAcctKey" int,
    "DfltSalesReturnAcctKey" int,
    "BillingType" smallint NOT NULL DEFAULT 1,
    "AllowCustRefund" smallint NOT NULL DEFAULT 0,
    "AllowWriteOff" smallint NOT NULL DEFAULT 0,
    "ReqPO" smallint NOT NULL DEFAULT 0,
    "DateEstab" timestamp(3),
    "CRMCustID" varchar(32) NOT NULL DEFAULT '',
    "UserFld1" varchar(15) NOT NULL DEFAULT '',
    "UserFld2" varchar(15) NOT NULL DEFAULT '',
    "UserFld3" varchar(15) NOT NULL DEFAULT '',
    "UserFld4" varchar(15) NOT NULL DEFAULT '',
    "CreateDate" timestamp(3) NOT NULL,
    "CreateUserID" varchar(30) NOT NULL DEFAULT '',
    "CreateType" smallint NOT NULL DEFAULT 7,
    "UpdateDate" timestamp(3),
    "UpdateUserID" varchar(30) NOT NULL DEFAULT '',
    "UpdateCounter" int NOT NULL DEFAULT 0,
    UNIQUE ("CompanyID", "CustID")
);
-- Added to databases that were built before customers had addresses.
ALTER TABLE "tarCustomer" ADD COLUMN IF NOT EXISTS "PrimaryAddrKey" int;
ALTER TABLE "tarCustomer" ADD COLUMN IF NOT EXISTS "PrimaryCntctKey" int;
CREATE TABLE IF NOT EXISTS "tciAddress" (           -- assumed name; parts and widths are known
    "AddrKey" int PRIMARY KEY,
    "AddrName" varchar(40) NOT NULL DEFAULT '',
    "AddrLine1" varchar(40) NOT NULL DEFAULT '',
    "AddrLine2" varchar(40) NOT NULL DEFAULT '',
    "AddrLine3" varchar(40) NOT NULL DEFAULT '',
    "AddrLine4" varchar(40) NOT NULL DEFAULT '',
    "AddrLine5" varchar(40) NOT NULL DEFAULT '',
    "City" varchar(20) NOT NULL DEFAULT '',
    "StateID" varchar(3) NOT NULL DEFAULT '',
    "CountryID" varchar(3) NOT NULL DEFAULT '',
    "PostalCode" varchar(10) NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS "tciContact" (           -- assumed
    "CntctKey" int PRIMARY KEY,
    "Name" varchar(40) NOT NULL DEFAULT '',
    "EMailAddr" varchar(256) NOT NULL DEFAULT '',
    "Phone" varchar(17) NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS "tciPaymentTerms" (      -- assumed name; key, id and its width are known
    "PmtTermsKey" int PRIMARY KEY,
    "CompanyID" varchar(3) NOT NULL,
    "PmtTermsID" varchar(15) NOT NULL,
    UNIQUE ("CompanyID", "PmtTermsID")
);
CREATE TABLE IF NOT EXISTS "tarCustClass" (         -- assumed
    "CustClassKey" int PRIMARY KEY,
    "CompanyID" varchar(3) NOT NULL,
    "CustClassID" varchar(15) NOT NULL,
    "DfltSalesAcctKey" int,
    "DfltSalesReturnAcctKey" int,
    "PmtTermsKey" int,
    UNIQUE ("CompanyID", "CustClassID")
);
CREATE TABLE IF NOT EXISTS "tarCustAddr" (          -- assumed name: a customer's address, with terms
    "AddrKey" int PRIMARY KEY,
    "CustKey" int NOT NULL,
    "CustAddrID" varchar(15) NOT NULL,
    "PmtTermsKey" int
);

CREATE TABLE IF NOT EXISTS "tarInvoice" (
    "InvcKey" int PRIMARY KEY,
    "CompanyID" varchar(3) NOT NULL,
    "CustKey" int NOT NULL,
    "CustClassKey" int,
    "TranType" int NOT NULL,
    "TranNo" varchar(10) NOT NULL,
    "TranID" varchar(13) NOT NULL,
    "TranDate" timestamp(3) NOT NULL,
    "PostDate" timestamp(3) NOT NULL,
    "DueDate" timestamp(3),
    "DiscDate" timestamp(3),
    "DiscAmt" numeric(15,3) NOT NULL DEFAULT 0,
    "DiscTakenAmt" numeric(15,3) NOT NULL DEFAULT 0,
    "TranAmt" numeric(15,3) NOT NULL,
    "TranAmtHC" numeric(15,3) NOT NULL,
    "Balance" numeric(15,3) NOT NULL,
    "BalanceHC" numeric(15,3) NOT NULL,
    "SalesAmt" numeric(15,3) NOT NULL DEFAULT 0,
    "STaxAmt" numeric(15,3) NOT NULL DEFAULT 0,
    "ShipAmt" numeric(15,3) NOT NULL DEFAULT 0,
    "HandlAmt" numeric(15,3) NOT NULL DEFAULT 0,
    "TradeDiscAmt" numeric(15,3) NOT NULL DEFAULT 0,
    "CurrID" varchar(3) NOT NULL,
    "CurrExchRate" float NOT NULL DEFAULT 1,
    "Status" smallint NOT NULL DEFAULT 1,
    "InDispute" smallint NOT NULL DEFAULT 0,
    "PmtTermsKey" int,
    "BatchKey" int NOT NULL,
    "CustPONo" varchar(15) NOT NULL DEFAULT '',
    "TranCmnt" varchar(50) NOT NULL DEFAULT '',
    "VoucherKey" int,
    "SourceModule" smallint NOT NULL DEFAULT 5,
    "NextApplEntryNo" int NOT NULL DEFAULT 1,
    "ClosingTranDate" timestamp(3),
    "ClosingPostDate" timestamp(3),
    "CreateType" smallint NOT NULL DEFAULT 7,
    "CreateDate" timestamp(3) NOT NULL,
    "CreateUserID" varchar(30) NOT NULL DEFAULT '',
    "UpdateDate" timestamp(3),
    "UpdateUserID" varchar(30) NOT NULL DEFAULT '',
    "UpdateCounter" int NOT NULL DEFAULT 0,
    UNIQUE ("CompanyID", "TranType", "TranNo")
) WITH (fillfactor = 80);
CREATE INDEX IF NOT EXISTS "XIE1tarInvoice" ON "tarInvoice" ("CustPONo");
CREATE INDEX IF NOT EXISTS "XIE2tarInvoice" ON "tarInvoice" ("TranNo");
CREATE INDEX IF NOT EXISTS "XIE3tarInvoice" ON "tarInvoice" ("TranID");
CREATE INDEX IF NOT EXISTS "XIE4tarInvoice" ON "tarInvoice" ("CustKey");
CREATE INDEX IF NOT EXISTS "XIE5tarInvoice"
    ON "tarInvoice" (COALESCE("UpdateDate", "CreateDate"), "InvcKey");
CREATE INDEX IF NOT EXISTS "XIE6tarInvoice" ON "tarInvoice" ("BatchKey");

CREATE TABLE IF NOT EXISTS "tarPendInvoice" (       -- InvcKey, BatchKey, TranDate confirmed
    "InvcKey" int PRIMARY KEY,
    "CompanyID" varchar(3) NOT NULL,
    "CustKey" int NOT NULL,
    "BatchKey" int NOT NULL,
    "TranType" int NOT NULL,
    "TranNo" varchar(10) NOT NULL,
    "TranID" varchar(13) NOT NULL,
    "TranDate" timestamp(3) NOT NULL,
    "TranAmt" numeric(15,3) NOT NULL,
    "TranAmtHC" numeric(15,3) NOT NULL,
    "CurrID" varchar(3) NOT NULL,
    "CurrExchRate" float NOT NULL DEFAULT 1,
    "OffsetAcctKey" int,                            -- of a memo; an invoice's stand on its lines
    "CustPONo" varchar(15) NOT NULL DEFAULT '',
    "TranCmnt" varchar(50) NOT NULL DEFAULT '',
    "CreateType" smallint NOT NULL DEFAULT 7,
    "CreateDate" timestamp(3) NOT NULL,
    "CreateUserID" varchar(30) NOT NULL DEFAULT '',
    UNIQUE ("CompanyID", "TranType", "TranNo")
);
CREATE INDEX IF NOT EXISTS "XIE1tarPendInvoice" ON "tarPendInvoice" ("BatchKey");

CREATE TABLE IF NOT EXISTS "tarBatch" (
    "BatchKey" int PRIMARY KEY,
    "BankDepAmt" numeric(15,3) NOT NULL DEFAULT 0,
    "Hold" smallint NOT NULL DEFAULT 0,
    "InterCompany" smallint NOT NULL DEFAULT 0,
    "BatchOvrdSegValue" varchar(15) NOT NULL DEFAULT '',
    "CashAcctKey" int,
    "BatchCmnt" varchar(50) NOT NULL DEFAULT '',
    "OrigUserID" varchar(30) NOT NULL DEFAULT '',
    "PostDate" timestamp(3) NOT NULL,
    "Private" smallint NOT NULL DEFAULT 0,
    "TranCtrl" numeric(15,3) NOT NULL DEFAULT 0,
    "SourceModule" smallint NOT NULL DEFAULT 5
) WITH (fillfactor = 70);

-- Receipts: the columns beyond TranNo .. UnappliedAmtHC are assumed.
CREATE TABLE IF NOT EXISTS "tarCustPmt" (
    "CustPmtKey" int PRIMARY KEY,
    "CompanyID" varchar(3) NOT NULL,
    "CustKey" int,
    "OffsetAcctKey" int,
    "BatchKey" int NOT NULL,
    "TranType" int NOT NULL,
    "TranNo" varchar(10) NOT NULL,
    "TranID" varchar(13) NOT NULL,
    "TranDate" timestamp(3) NOT NULL,
    "PostDate" timestamp(3),
    "TranAmt" numeric(15,3) NOT NULL,
    "TranAmtHC" numeric(15,3) NOT NULL,
    "UnappliedAmt" numeric(15,3) NOT NULL,
    "UnappliedAmtHC" numeric(15,3) NOT NULL,
    "CurrID" varchar(3) NOT NULL,
    "CurrExchRate" float NOT NULL DEFAULT 1,
    "PmtMethodKey" int NOT NULL,
    "PmtRefNo" varchar(30) NOT NULL DEFAULT '',
    "SettlementRefNo" varchar(30) NOT NULL DEFAULT '',
    "TranCmnt" varchar(50) NOT NULL DEFAULT '',
    "Status" smallint NOT NULL DEFAULT 1,           -- 1 valid, 2 voided or reversed
    "RvrsdPmtKey" int,                              -- of a reversal: the receipt it takes back
    "CreateType" smallint NOT NULL DEFAULT 7,
    "CreateDate" timestamp(3) NOT NULL,
    "CreateUserID" varchar(30) NOT NULL DEFAULT '',
    "UpdateDate" timestamp(3),
    "UpdateUserID" varchar(30) NOT NULL DEFAULT '',
    "UpdateCounter" int NOT NULL DEFAULT 0,
    UNIQUE ("CompanyID", "TranType", "TranNo"),
    CHECK (("CustKey" IS NULL) <> ("OffsetAcctKey" IS NULL))
);
CREATE INDEX IF NOT EXISTS "XIE1tarCustPmt" ON "tarCustPmt" ("PmtRefNo");
CREATE INDEX IF NOT EXISTS "XIE2tarCustPmt" ON "tarCustPmt" ("BatchKey");
CREATE INDEX IF NOT EXISTS "XIE3tarCustPmt" ON "tarCustPmt" ("CustKey");
CREATE TABLE IF NOT EXISTS "tarPendCustPmt" (       -- assumed
    LIKE "tarCustPmt" INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    PRIMARY KEY ("CustPmtKey"),
    UNIQUE ("CompanyID", "TranType", "TranNo")
);
CREATE INDEX IF NOT EXISTS "XIE1tarPendCustPmt" ON "tarPendCustPmt" ("PmtRefNo");
CREATE INDEX IF NOT EXISTS "XIE2tarPendCustPmt" ON "tarPendCustPmt" ("BatchKey");

CREATE TABLE IF NOT EXISTS "tarPendCustPmtAppl" (   -- assumed name, columns confirmed
    "BatchKey" int NOT NULL,
    "SeqNo" int NOT NULL,
    "AppliedAtCreation" smallint NOT NULL DEFAULT 1,
    "ApplyFromPmtKey" int NOT NULL,
    "ApplyFromTranID" varchar(13) NOT NULL,
    "ApplyFromTranDate" timestamp(3) NOT NULL,
    "ApplyToInvcKey" int NOT NULL,
    "ApplyToTranID" varchar(13) NOT NULL,
    "ApplyToTranDate" timestamp(3) NOT NULL,
    "CurrExchRate" float NOT NULL DEFAULT 1,
    "PmtAmt" numeric(15,3) NOT NULL,
    "PmtAmtIC" numeric(15,3) NOT NULL,
    "DiscTakenAmt" numeric(15,3) NOT NULL DEFAULT 0,
    "DiscTakenAmtIC" numeric(15,3) NOT NULL DEFAULT 0,
    "WriteOffAmt" numeric(15,3) NOT NULL DEFAULT 0,
    "WriteOffAmtIC" numeric(15,3) NOT NULL DEFAULT 0,
    "RealGainLossAmt" numeric(15,3) NOT NULL DEFAULT 0,
    "CreateDate" timestamp(3) NOT NULL,
    "CreateUserID" varchar(30) NOT NULL DEFAULT '',
    "UpdateCounter" int NOT NULL DEFAULT 0,
    PRIMARY KEY ("BatchKey", "SeqNo")
);
CREATE INDEX IF NOT EXISTS "XIE1tarPendCustPmtAppl" ON "tarPendCustPmtAppl" ("ApplyToInvcKey");
CREATE INDEX IF NOT EXISTS "XIE2tarPendCustPmtAppl" ON "tarPendCustPmtAppl" ("ApplyFromPmtKey");
CREATE TABLE IF NOT EXISTS "tarCustPmtAppl" (       -- assumed name
    LIKE "tarPendCustPmtAppl" INCLUDING DEFAULTS INCLUDING INDEXES,
    "PostDate" timestamp(3) NOT NULL
);

-- Ours: one row per posting key, written in the document's own transaction, never changed.
CREATE TABLE IF NOT EXISTS tieout."PostingKey" (
    "PostingKey" varchar(200) PRIMARY KEY,
    "ContentHash" char(64) NOT NULL,
    "CompanyID" varchar(3) NOT NULL,
    "DocumentKind" varchar(20) NOT NULL CHECK ("DocumentKind" IN
        ('batch', 'cash_receipt', 'journal', 'credit_memo', 'application', 'reversal',
         'batch_post', 'customer', 'invoice')),
    "DocumentKey" int NOT NULL,
    "DocumentNo" varchar(15) NOT NULL,
    "BatchKey" int NOT NULL,
    "Amount" numeric(15,3),
    "CreatedAt" timestamp(3) NOT NULL
);
ALTER TABLE tieout."PostingKey" DROP CONSTRAINT IF EXISTS "PostingKey_DocumentKind_check";
ALTER TABLE tieout."PostingKey" ADD CONSTRAINT "PostingKey_DocumentKind_check" CHECK
    ("DocumentKind" IN ('batch', 'cash_receipt', 'journal', 'credit_memo', 'application',
        'reversal', 'batch_post', 'customer', 'invoice'));
CREATE UNIQUE INDEX IF NOT EXISTS "XAK1PostingKey" ON tieout."PostingKey"
    ("DocumentKind", "DocumentKey") WHERE "DocumentKind" NOT IN ('application', 'batch_post');
CREATE UNIQUE INDEX IF NOT EXISTS "XAK2PostingKey" ON tieout."PostingKey"
    ("BatchKey", "DocumentKey") WHERE "DocumentKind" = 'application';
CREATE INDEX IF NOT EXISTS "XIE1PostingKey" ON tieout."PostingKey" ("BatchKey");
