-- Items with their stock, lines of invoices and sales orders of the Sage 500 sandbox.

CREATE TABLE IF NOT EXISTS "timItem" (              -- assumed name; key, id and its width are known
    "ItemKey" int PRIMARY KEY,
    "CompanyID" varchar(3) NOT NULL,
    "ItemID" varchar(30) NOT NULL,
    "ShortDesc" varchar(40) NOT NULL DEFAULT '',
    UNIQUE ("CompanyID", "ItemID")
);
CREATE TABLE IF NOT EXISTS "timWarehouse" (         -- assumed
    "WhseKey" int PRIMARY KEY,
    "CompanyID" varchar(3) NOT NULL,
    "WhseID" varchar(6) NOT NULL,
    UNIQUE ("CompanyID", "WhseID")
);
-- Assumed. What an item without a row here is, a service say, is not kept in stock.
CREATE TABLE IF NOT EXISTS "timInventory" (
    "ItemKey" int NOT NULL,
    "WhseKey" int NOT NULL,
    "QtyOnHand" numeric(16,8) NOT NULL DEFAULT 0,
    "QtyCommitted" numeric(16,8) NOT NULL DEFAULT 0,    -- entered invoices
    PRIMARY KEY ("ItemKey", "WhseKey")
);

-- An invoice's accounts stand on its lines, a memo's on the memo.
ALTER TABLE "tarPendInvoice" ALTER COLUMN "OffsetAcctKey" DROP NOT NULL;
ALTER TABLE "tarPendInvoice" ADD COLUMN IF NOT EXISTS "SalesAmt" numeric(15,3) NOT NULL DEFAULT 0;
ALTER TABLE "tarPendInvoice" ADD COLUMN IF NOT EXISTS "STaxAmt" numeric(15,3) NOT NULL DEFAULT 0;
CREATE TABLE IF NOT EXISTS "tarInvoiceDetl" (       -- of pending invoices too: one space of keys
    "InvoiceLineKey" int PRIMARY KEY,
    "InvcKey" int NOT NULL,
    "SeqNo" int NOT NULL,
    "ItemKey" int,
    "Description" varchar(40) NOT NULL DEFAULT '',
    "ExtCmnt" varchar(255) NOT NULL DEFAULT '',     -- the code of a line that is a tax
    "CmntOnly" smallint NOT NULL DEFAULT 0,
    "UnitPrice" numeric(15,5) NOT NULL DEFAULT 0,
    "ExtAmt" numeric(15,3) NOT NULL,
    "SOLineKey" int,
    UNIQUE ("InvcKey", "SeqNo")
);
CREATE TABLE IF NOT EXISTS "tarInvoiceLineDist" (   -- assumed: account and quantity of a line
    "InvoiceLineDistKey" int PRIMARY KEY,
    "InvoiceLineKey" int NOT NULL UNIQUE,
    "GLAcctKey" int NOT NULL,
    "QtyShipped" numeric(16,8) NOT NULL,
    "ExtAmt" numeric(15,3) NOT NULL,
    "WhseKey" int                                   -- the sandbox's own: where the items lie
);

CREATE TABLE IF NOT EXISTS "tsoSalesOrder" (        -- columns confirmed but CompanyID, CustPONo
    "SOKey" int PRIMARY KEY,
    "CompanyID" varchar(3) NOT NULL,
    "TranType" int NOT NULL DEFAULT 801,
    "TranNo" varchar(10) NOT NULL,
    "TranDate" timestamp(3) NOT NULL,
    "CustKey" int NOT NULL,
    "Status" smallint NOT NULL DEFAULT 1,           -- 1 open, 3 cancelled, 4 closed …
    "CustPONo" varchar(15) NOT NULL DEFAULT '',
    "UserFld1" varchar(15) NOT NULL DEFAULT '',
    "UserFld2" varchar(15) NOT NULL DEFAULT '',
    "UserFld3" varchar(15) NOT NULL DEFAULT '',
    "UserFld4" varchar(15) NOT NULL DEFAULT '',
    UNIQUE ("CompanyID", "TranNo")
);
CREATE INDEX IF NOT EXISTS "XIE1tsoSalesOrder" ON "tsoSalesOrder" ("CustPONo");
CREATE INDEX IF NOT EXISTS "XIE2tsoSalesOrder" ON "tsoSalesOrder" ("UserFld1");
CREATE TABLE IF NOT EXISTS "tsoSOLine" (
    "SOLineKey" int PRIMARY KEY,
    "SOKey" int NOT NULL,
    "SOLineNo" int NOT NULL,
    "ItemKey" int,
    "Description" varchar(40) NOT NULL DEFAULT '',
    "UnitPrice" numeric(15,5) NOT NULL DEFAULT 0,
    "Status" smallint NOT NULL DEFAULT 1,
    UNIQUE ("SOKey", "SOLineNo")
);
CREATE TABLE IF NOT EXISTS "tsoSOLineDist" (
    "SOLineDistKey" int PRIMARY KEY,
    "SOLineKey" int NOT NULL UNIQUE,
    "QtyOrd" numeric(16,8) NOT NULL,
    "QtyOpenToShip" numeric(16,8) NOT NULL,
    "ExtAmt" numeric(15,3) NOT NULL,
    "GLAcctKey" int NOT NULL,
    "WhseKey" int                                   -- assumed
);

-- Ours: what is there of each item in each warehouse, on hand less committed. The product's own
-- tables of stock are not documented, so each site says here where its stock stands.
CREATE OR REPLACE VIEW tieout."StockLevel" AS
    SELECT i."CompanyID", i."ItemID", w."WhseID",
        v."QtyOnHand" - v."QtyCommitted" - COALESCE((
            SELECT sum(d."QtyOpenToShip") FROM "tsoSOLineDist" d
            JOIN "tsoSOLine" l ON l."SOLineKey" = d."SOLineKey"
            JOIN "tsoSalesOrder" o ON o."SOKey" = l."SOKey"
            WHERE l."ItemKey" = v."ItemKey" AND d."WhseKey" = v."WhseKey" AND o."Status" = 1), 0)
        AS "Available"
    FROM "timInventory" v
    JOIN "timItem" i ON i."ItemKey" = v."ItemKey"
    JOIN "timWarehouse" w ON w."WhseKey" = v."WhseKey";
