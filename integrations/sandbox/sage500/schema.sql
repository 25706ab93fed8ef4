-- Tables of the Sage 500 sandbox company database. Names, widths and types are Sage's own where
-- they are known; a comment "assumed" marks a name that no public source confirms.
-- Runs again on a database that has them already.

CREATE SCHEMA IF NOT EXISTS tieout;
CREATE SCHEMA IF NOT EXISTS surrogate;  -- one sequence per table, behind spGetNextSurrogateKey

-- The sandbox itself -------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS sandbox_setting (
    name varchar(40) PRIMARY KEY,
    value varchar(200) NOT NULL
);

CREATE TABLE IF NOT EXISTS sandbox_fault (
    fault_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    procedure_name varchar(60) NOT NULL,
    kind varchar(20) NOT NULL CHECK (kind IN
        ('drop', 'refuse_before', 'stall', 'lock_timeout', 'deadlock', 'stop_posting_at')),
    key_like varchar(220) NOT NULL DEFAULT '%',
    left_count int NOT NULL DEFAULT 1,
    seconds numeric(8,3) NOT NULL DEFAULT 0,  -- how long a stall lasts
    step int NOT NULL DEFAULT 0               -- the posting step that is not reached
);

-- System and common information --------------------------------------------------------------

CREATE TABLE IF NOT EXISTS "tsmCompany" (
    "CompanyID" varchar(3) PRIMARY KEY,
    "CompanyName" varchar(50) NOT NULL,
    "CurrID" varchar(3) NOT NULL
);
CREATE TABLE IF NOT EXISTS "tsmModuleDef" (
    "ModuleNo" smallint PRIMARY KEY,
    "ModuleID" varchar(2) NOT NULL
);
CREATE TABLE IF NOT EXISTS "tsmCompanyModule" (  -- assumed
    "CompanyID" varchar(3) NOT NULL,
    "ModuleNo" smallint NOT NULL,
    "Active" smallint NOT NULL DEFAULT 1,
    PRIMARY KEY ("CompanyID", "ModuleNo")
);
CREATE TABLE IF NOT EXISTS "tsmLocalString" (
    "StringNo" int NOT NULL,
    "LanguageID" int NOT NULL DEFAULT 1033,
    "LocalText" varchar(255) NOT NULL,
    PRIMARY KEY ("StringNo", "LanguageID")
);
CREATE TABLE IF NOT EXISTS "tmcCurrency" (
    "CurrID" varchar(3) PRIMARY KEY,
    "DigitsAfterDecimal" smallint NOT NULL
);
CREATE TABLE IF NOT EXISTS "tciTranType" (
    "TranType" int PRIMARY KEY,
    "ModuleNo" smallint NOT NULL,
    "TranTypeID" varchar(2) NOT NULL,
    "TranDesc" varchar(40) NOT NULL
);
CREATE TABLE IF NOT EXISTS "tciTranTypeCompany" (
    "CompanyID" varchar(3) NOT NULL,
    "TranType" int NOT NULL,
    "NextTranNo" int NOT NULL,
    PRIMARY KEY ("CompanyID", "TranType")
) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS "tciBatchType" (
    "BatchType" int PRIMARY KEY,
    "ModuleNo" smallint NOT NULL,
    "BatchTypeID" varchar(4) NOT NULL,
    "BatchTypeDesc" varchar(40) NOT NULL
);
CREATE TABLE IF NOT EXISTS "tciBatchTypCompany" (
    "CompanyID" varchar(3) NOT NULL,
    "BatchType" int NOT NULL,
    "NextBatchNo" int NOT NULL,
    PRIMARY KEY ("CompanyID", "BatchType")
);
CREATE TABLE IF NOT EXISTS "tciBatchTranType" (
    "BatchType" int NOT NULL,
    "TranType" int NOT NULL,
    PRIMARY KEY ("BatchType", "TranType")
);
CREATE TABLE IF NOT EXISTS "tciBatchLog" (
    "BatchKey" int PRIMARY KEY,
    "BatchID" varchar(15) NOT NULL,
    "BatchNo" int NOT NULL,
    "BatchType" int NOT NULL,
    "SourceCompanyID" varchar(3) NOT NULL,
    "Status" smallint NOT NULL DEFAULT 4,
    "PostStatus" smallint NOT NULL DEFAULT 0,
    "PostDate" timestamp(3),
    "BatchCmnt" varchar(50) NOT NULL DEFAULT '',
    "NextSeqNo" int NOT NULL DEFAULT 1,
    "RgstrPrinted" smallint NOT NULL DEFAULT 0,
    "CreateDate" timestamp(3) NOT NULL,
    "CreateType" smallint NOT NULL DEFAULT 7,
    "CreateUserID" varchar(30) NOT NULL DEFAULT '',
    "UpdateCounter" int NOT NULL DEFAULT 0,
    UNIQUE ("SourceCompanyID", "BatchType", "BatchNo")
) WITH (fillfactor = 70);
CREATE INDEX IF NOT EXISTS "XIE1tciBatchLog" ON "tciBatchLog" ("BatchID");

-- A row can be logged only for a batch that exists.
CREATE TABLE IF NOT EXISTS "tciErrorLog" (
    "SessionID" int NOT NULL,
    "EntryNo" int NOT NULL,
    "BatchKey" int NOT NULL REFERENCES "tciBatchLog",
    "StringNo" int NOT NULL,
    "StringData1" varchar(30) NOT NULL DEFAULT '',
    "StringData2" varchar(30) NOT NULL DEFAULT '',
    "StringData3" varchar(30) NOT NULL DEFAULT '',
    "StringData4" varchar(30) NOT NULL DEFAULT '',
    "StringData5" varchar(30) NOT NULL DEFAULT '',
    "ErrorType" smallint NOT NULL,
    "Severity" smallint NOT NULL,
    PRIMARY KEY ("SessionID", "EntryNo")
);
CREATE INDEX IF NOT EXISTS "XIE1tciErrorLog" ON "tciErrorLog" ("BatchKey");

CREATE TABLE IF NOT EXISTS "tdmMigrationLogWrk" (
    "SessionKey" int NOT NULL,
    "EntryNo" int NOT NULL,
    "Status" smallint NOT NULL,
    "EntityID" varchar(40) NOT NULL DEFAULT '',
    "ColumnID" varchar(35) NOT NULL DEFAULT '',
    "ColumnValue" varchar(100) NOT NULL DEFAULT '',
    "Duplicate" smallint NOT NULL DEFAULT 0,
    "Comment" varchar(255) NOT NULL DEFAULT '',
    PRIMARY KEY ("SessionKey", "EntryNo")
);

-- General ledger -----------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS "tglAccount" (
    "GLAcctKey" int PRIMARY KEY,
    "GLAcctNo" varchar(100) NOT NULL,
    "Description" varchar(40) NOT NULL,
    "CompanyID" varchar(3) NOT NULL,
    "NaturalAcctKey" int,
    UNIQUE ("CompanyID", "GLAcctNo")
);
CREATE OR REPLACE VIEW "vFormattedGLAcct" AS
    SELECT "GLAcctKey", "GLAcctNo" AS "FormattedGLAcctNo" FROM "tglAccount";

CREATE TABLE IF NOT EXISTS "tglFiscalPeriod" (  -- assumed
    "CompanyID" varchar(3) NOT NULL,
    "FiscYear" varchar(5) NOT NULL,
    "FiscPer" smallint NOT NULL,
    "StartDate" timestamp(3) NOT NULL,
    "EndDate" timestamp(3) NOT NULL,
    "Status" smallint NOT NULL DEFAULT 1,  -- 1 open, 2 closed
    PRIMARY KEY ("CompanyID", "StartDate"),
    CHECK ("EndDate" >= "StartDate")
);
CREATE TABLE IF NOT EXISTS "tglJournal" (
    "JrnlKey" int PRIMARY KEY,
    "JrnlID" varchar(5) NOT NULL,
    "Description" varchar(40) NOT NULL,
    "CompanyID" varchar(3) NOT NULL,
    "NextJrnlNo" int NOT NULL DEFAULT 1,  -- assumed place of the counter
    UNIQUE ("CompanyID", "JrnlID")
);
CREATE TABLE IF NOT EXISTS "tglBatch" (
    "BatchKey" int PRIMARY KEY,
    "BatchCmnt" varchar(50) NOT NULL DEFAULT '',
    "GeneralJrnlType" smallint NOT NULL DEFAULT 1,
    "Hold" smallint NOT NULL DEFAULT 0,
    "InterCompany" smallint NOT NULL DEFAULT 0,
    "InterCompUsage" smallint NOT NULL DEFAULT 0,
    "OrigUserID" varchar(30) NOT NULL DEFAULT '',
    "PostDate" timestamp(3) NOT NULL,
    "Private" smallint NOT NULL DEFAULT 0,
    "TranCtrl" numeric(15,3) NOT NULL DEFAULT 0,
    "UpdateCounter" int NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS "tglJournalLog" (  -- assumed name; a row per journal is confirmed
    "JrnlHdrKey" int PRIMARY KEY,
    "CompanyID" varchar(3) NOT NULL,
    "JrnlKey" int NOT NULL,
    "JrnlNo" int NOT NULL,
    "PostDate" timestamp(3) NOT NULL,
    "TranStatus" smallint NOT NULL DEFAULT 2,
    UNIQUE ("CompanyID", "JrnlKey", "JrnlNo")
);
CREATE TABLE IF NOT EXISTS "tglJournalHdr" (
    "JrnlHdrKey" int PRIMARY KEY,
    "BatchKey" int NOT NULL,
    "CompanyID" varchar(3) NOT NULL,
    "JrnlKey" int NOT NULL,
    "JrnlNo" int NOT NULL,
    "CurrID" varchar(3) NOT NULL,
    "CurrExchRate" float NOT NULL DEFAULT 1,
    "Financial" smallint NOT NULL DEFAULT 1,
    "OffsetPost" smallint NOT NULL DEFAULT 0,
    "GLAcctKey" int,
    "NextEntryNo" int NOT NULL,
    "OutOfBalance" numeric(15,3) NOT NULL DEFAULT 0,
    "OutOfBalOverride" smallint NOT NULL DEFAULT 0,
    "ReqOffsetAmt" numeric(15,3) NOT NULL DEFAULT 0,
    "ReverseJrnl" smallint NOT NULL DEFAULT 0,
    "SourceModule" varchar(2) NOT NULL DEFAULT 'GL',
    "Status" smallint NOT NULL DEFAULT 1,
    "CheckNo" varchar(10) NOT NULL DEFAULT '',
    "CreateType" smallint NOT NULL DEFAULT 0,
    "CreateDate" timestamp(3) NOT NULL,
    "CreateUserID" varchar(30) NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS "XIE1tglJournalHdr" ON "tglJournalHdr" ("BatchKey");
CREATE TABLE IF NOT EXISTS "tglJournalDetl" (
    "JrnlHdrKey" int NOT NULL,
    "EntryNo" int NOT NULL,
    "GLAcctKey" int NOT NULL,
    "PostAmt" numeric(15,3) NOT NULL,    -- debit +, credit -
    "PostAmtHC" numeric(15,3) NOT NULL,
    "PostQty" numeric(16,8) NOT NULL DEFAULT 0,
    "PostCmnt" varchar(255) NOT NULL DEFAULT '',  -- width assumed
    "RefNo" varchar(30) NOT NULL DEFAULT '',      -- width assumed
    "SeqNo" int NOT NULL,
    "TargetCompanyID" varchar(3) NOT NULL,
    "TranDate" timestamp(3) NOT NULL,
    PRIMARY KEY ("JrnlHdrKey", "EntryNo")
);
CREATE TABLE IF NOT EXISTS "tglPosting" (  -- transient, empty outside a posting
    "BatchKey" int NOT NULL,
    "GLAcctKey" int NOT NULL,
    "AcctRefKey" int,
    "CurrID" varchar(3) NOT NULL,
    "JrnlKey" int,
    "JrnlNo" int,
    "PostAmt" numeric(15,3) NOT NULL,
    "PostAmtHC" numeric(15,3) NOT NULL,
    "PostDate" timestamp(3) NOT NULL,
    "ExtCmnt" varchar(255) NOT NULL DEFAULT '',
    "SourceModuleNo" smallint NOT NULL,
    "TranDate" timestamp(3) NOT NULL,              -- this and what follows: assumed
    "TranType" int NOT NULL,
    "TranNo" varchar(10) NOT NULL,
    "RefNo" varchar(30) NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS "XIE1tglPosting" ON "tglPosting" ("BatchKey");
CREATE TABLE IF NOT EXISTS "tglTransaction" (  -- name confirmed, columns assumed
    "GLTranKey" int PRIMARY KEY,
    "CompanyID" varchar(3) NOT NULL,
    "GLAcctKey" int NOT NULL,
    "TranDate" timestamp(3) NOT NULL,
    "PostDate" timestamp(3) NOT NULL,
    "PostAmt" numeric(15,3) NOT NULL,  -- debit +, credit -
    "BatchKey" int NOT NULL,
    "TranType" int NOT NULL,
    "TranNo" varchar(10) NOT NULL,
    "RefNo" varchar(30) NOT NULL DEFAULT '',
    "ExtCmnt" varchar(255) NOT NULL DEFAULT '',
    "CurrID" varchar(3) NOT NULL
);
CREATE INDEX IF NOT EXISTS "XIE1tglTransaction" ON "tglTransaction" ("GLAcctKey", "RefNo");
CREATE INDEX IF NOT EXISTS "XIE2tglTransaction" ON "tglTransaction" ("RefNo");
CREATE INDEX IF NOT EXISTS "XIE3tglTransaction" ON "tglTransaction" ("BatchKey");
CREATE INDEX IF NOT EXISTS "XIE4tglTransaction" ON "tglTransaction" ("CompanyID", "PostDate");
