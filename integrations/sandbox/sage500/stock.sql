-- Items, what lies in the warehouses, and sales orders: what people do in the ERP by themselves.

-- Makes the item where it is not there; sets what is on hand. on_hand null: not kept in stock.
CREATE OR REPLACE FUNCTION sandbox_stock(
    company varchar, item_id varchar, description varchar, warehouse varchar, on_hand numeric
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    item int;
    place int;
BEGIN
    SELECT i."ItemKey" INTO item FROM "timItem" i
        WHERE i."CompanyID" = company AND i."ItemID" = item_id;
    IF item IS NULL THEN
        item := nextval('surrogate."timItem"');
        INSERT INTO "timItem" VALUES (item, company, item_id, description);
    END IF;
    SELECT w."WhseKey" INTO STRICT place FROM "timWarehouse" w
        WHERE w."CompanyID" = company AND w."WhseID" = warehouse;
    IF on_hand IS NOT NULL THEN
        INSERT INTO "timInventory" VALUES (item, place, on_hand)
            ON CONFLICT ("ItemKey", "WhseKey") DO UPDATE SET "QtyOnHand" = excluded."QtyOnHand";
    END IF;
END $$;

-- A sales order of one line per item, of [{"item", "quantity", "price", "open"}]; its number. The
-- customer's order number again is the same order.
CREATE OR REPLACE FUNCTION sandbox_sales_order(
    company varchar, customer varchar, ordered_on date, order_no varchar, lines jsonb
) RETURNS varchar LANGUAGE plpgsql AS $$
DECLARE
    sales_order int;
    line record;
    line_key int;
    number varchar;
BEGIN
    SELECT o."TranNo" INTO number FROM "tsoSalesOrder" o
        WHERE o."CompanyID" = company AND o."CustPONo" = order_no;
    IF FOUND THEN
        RETURN number;
    END IF;
    sales_order := nextval('surrogate."tsoSalesOrder"');
    number := lpad(sales_order::text, 10, '0');
    INSERT INTO "tsoSalesOrder" ("SOKey", "CompanyID", "TranNo", "TranDate", "CustKey", "CustPONo")
        SELECT sales_order, company, number, ordered_on, c."CustKey", order_no
        FROM "tarCustomer" c WHERE c."CompanyID" = company AND c."CustID" = customer;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Company % has no customer %.', company, customer;
    END IF;
    FOR line IN SELECT e.position, e.value->>'item' AS item_id,
            (e.value->>'quantity')::numeric AS quantity, (e.value->>'price')::numeric AS price,
            COALESCE((e.value->>'open')::numeric, (e.value->>'quantity')::numeric) AS open
        FROM jsonb_array_elements(lines) WITH ORDINALITY e (value, position)
    LOOP
        line_key := nextval('surrogate."tsoSOLine"');
        INSERT INTO "tsoSOLine" ("SOLineKey", "SOKey", "SOLineNo", "ItemKey", "Description",
                "UnitPrice")
            SELECT line_key, sales_order, line.position, i."ItemKey", i."ShortDesc", line.price
            FROM "timItem" i WHERE i."CompanyID" = company AND i."ItemID" = line.item_id;
        INSERT INTO "tsoSOLineDist" ("SOLineDistKey", "SOLineKey", "QtyOrd", "QtyOpenToShip",
                "ExtAmt", "GLAcctKey", "WhseKey")
            SELECT nextval('surrogate."tsoSOLineDist"'), line_key, line.quantity, line.open,
                round(line.quantity * line.price, 2), sandbox_account(company, '4000-00'),
                (SELECT v."WhseKey" FROM "timInventory" v
                    JOIN "tsoSOLine" l ON l."ItemKey" = v."ItemKey"
                    WHERE l."SOLineKey" = line_key ORDER BY v."WhseKey" LIMIT 1);
    END LOOP;
    RETURN number;
END $$;
