/*
   Tieout wrapper for Sage 500 ERP: what the connector may call to write.

   UNVERIFIED: THIS SCRIPT HAS NOT RUN ON A SQL SERVER. REVIEW IT, RUN IT ON A COPY OF THE COMPANY
   DATABASE FIRST, AND CHECK EVERY NAME BELOW AGAINST THAT DATABASE.

   SQL Server 2016 SP1 or later (OPENJSON, compatibility level 130), in SQLCMD mode, in the Sage 500
   application database, by a login that may create schemas, tables, procedures and roles:

       sqlcmd -S <server> -d <database> -b -i wrapper.sql

   The script makes schema tieout (owned by dbo), table tieout.PostingKey, the nine procedures and
   their helpers, view tieout.StockLevel and role tieout_connector. It changes no object of Sage's and may be run again.
   The PostgreSQL twin in the sandbox is tested: same names, parameters, codes.

   One call is one document. The document and its row of PostingKey are one transaction.
   @oStatus  1 done  2 duplicate (same key, same hash)  3 conflict (same key, other hash)
             4 refused: @oCode says why, nothing is written, the key stays free
   Text parameters are wider than their columns on purpose: a parameter would cut what is too long
   without a word, and these procedures refuse it (text_too_long).

   ASSUMED NAMES (no public source confirms them). Change them here and nowhere else:
*/
:on error exit
:setvar PendPmt         "dbo.tarPendCustPmt"
:setvar PendAppl        "dbo.tarPendCustPmtAppl"
:setvar Appl            "dbo.tarCustPmtAppl"
:setvar PmtMethod       "dbo.tarCustPmtMethod"
:setvar FiscalPeriod    "dbo.tglFiscalPeriod"
:setvar CompanyModule   "dbo.tsmCompanyModule"
:setvar TranTypeCompany "dbo.tciTranTypeCompany"
:setvar JournalLog      "dbo.tglJournalLog"
:setvar NextJrnlNo      "dbo.spglGiveNextJrnlNo"
:setvar OverApplColumn  "AllowOverAppl"
:setvar BatchTypeColumn "BatchTypeID"
:setvar ReceiptBatch    "ARCR"
:setvar MemoBatch       "ARIN"
:setvar InvoiceBatch    "ARIN"
:setvar JournalBatch    "GLGJ"
:setvar ApplBatch       "ARPA"
:setvar ReceiptTran     "CR"
:setvar MemoTran        "CM"
:setvar InvoiceTran     "IN"
:setvar ReversalTran    "RV"
:setvar ReversedColumn  "RvrsdPmtKey"
:setvar JournalID       "GJ"
:setvar CustClass       "dbo.tarCustClass"
:setvar CustAddr        "dbo.tarCustAddr"
:setvar PmtTerms        "dbo.tciPaymentTerms"
:setvar AddressName     "tciAddress"
:setvar ContactName     "tciContact"
:setvar EMailColumn     "EMailAddr"
:setvar DfltClassColumn "DfltCustClassKey"
:setvar BillingType     "1"
:setvar Item            "dbo.timItem"
:setvar InvoiceLine     "tarInvoiceDetl"
:setvar InvoiceDist     "tarInvoiceLineDist"
:setvar Stock           "dbo.timInventory"
:setvar Warehouse       "dbo.timWarehouse"
:setvar OnHandColumn    "QtyOnHand"
:setvar CommittedColumn "QtyOnSO"
:setvar ModulePosted    "300"
:setvar LedgerPosted    "400"
/*
   ASSUMED COLUMNS, used as they stand:
     $(PendPmt)    OffsetAcctKey, BatchKey, TranType, PmtMethodKey, PmtRefNo 30, SettlementRefNo 30,
                   TranCmnt 50, CreateType, CreateDate, CreateUserID (TranNo .. UnappliedAmtHC are
                   confirmed for tarCustPmt)
     $(PendPmt), dbo.tarCustPmt  $(ReversedColumn): of a reversal, the receipt that it takes back.
                   How the product itself reverses a receipt is not known: here it is a receipt of
                   type $(ReversalTran) with negative amounts in a batch of receipts, and the receipt
                   gets Status 2
     dbo.tarPendInvoice  everything but InvcKey, BatchKey, TranDate; OffsetAcctKey stands for the
                   product's line distribution and is null for an invoice, whose lines have one
     dbo.$(InvoiceLine)  confirmed for posted invoices; that pending ones have their lines there too,
                   and that a tax is a line whose ExtCmnt is its code, is not. What a line needs
                   besides (unit of measure, tax class, ship line) is the item's to give
     dbo.$(InvoiceDist)  InvoiceLineDistKey, InvoiceLineKey, GLAcctKey, QtyShipped, ExtAmt
     $(Item)       ItemKey, ItemID, CompanyID
     $(Stock)      ItemKey, WhseKey, $(OnHandColumn), $(CommittedColumn)     $(Warehouse) WhseKey, WhseID
     $(PmtMethod)  PmtMethodKey, PmtMethodID, CompanyID
     $(CompanyModule) CompanyID, ModuleNo, Active
     dbo.tciTranType TranTypeID; receivables' transaction types have numbers from 500 to 599
     dbo.tarOptions $(OverApplColumn)                  dbo.tciBatchLog CreateUserID
     dbo.sparCheckRgstrStatus2 @iBatchKey; dbo.spciModPost, spciGLPost, spciModCleanup and
     spglJournalRgstr @iBatchKey, @iSessionID, @iSourceModule, @oRetVal
     $(CustClass) CustClassKey, CustClassID, CompanyID, DfltSalesAcctKey, DfltSalesReturnAcctKey,
                   PmtTermsKey; dbo.tarOptions $(DfltClassColumn): the class of a customer without one
     $(CustAddr) AddrKey, CustKey, CustAddrID, PmtTermsKey       $(PmtTerms) CompanyID
     dbo.$(AddressName) AddrKey (its other columns are known)
     dbo.$(ContactName) CntctKey, Name, Phone, $(EMailColumn)
     dbo.tarCustomer: its columns are confirmed; that $(BillingType) is open item, and ShipPriority 3,
                   are not. Contacts and addresses may want an owner, states and countries a list
   PostStatus of a batch whose module part is posted ($(ModulePosted)) and whose ledger part is
   posted ($(LedgerPosted)): only "above 200 = module posting started" is known.
*/
SET ANSI_NULLS ON;
SET QUOTED_IDENTIFIER ON;
GO
IF SCHEMA_ID('tieout') IS NULL EXEC ('CREATE SCHEMA tieout AUTHORIZATION dbo');
GO
IF OBJECT_ID('tieout.PostingKey') IS NULL
    CREATE TABLE tieout.PostingKey (
        PostingKey varchar(200) COLLATE Latin1_General_BIN2 NOT NULL PRIMARY KEY,
        ContentHash char(64) COLLATE Latin1_General_BIN2 NOT NULL,
        CompanyID varchar(3) NOT NULL,
        DocumentKind varchar(20) NOT NULL CHECK (DocumentKind IN
            ('batch', 'cash_receipt', 'journal', 'credit_memo', 'application', 'reversal',
             'batch_post', 'customer', 'invoice')),
        DocumentKey int NOT NULL,
        DocumentNo varchar(15) NOT NULL,
        BatchKey int NOT NULL,
        Amount decimal(15,3) NULL,
        CreatedAt datetime NOT NULL,
        INDEX XIE1PostingKey (BatchKey)
    );
GO
/* A table that an earlier script made does not know of customers and invoices yet. */
DECLARE @Old sysname = (SELECT TOP (1) c.name FROM sys.check_constraints c
    WHERE c.parent_object_id = OBJECT_ID('tieout.PostingKey')
        AND c.definition NOT LIKE '%invoice%');
IF @Old IS NOT NULL
BEGIN
    DECLARE @Drop nvarchar(400) =
        CONCAT(N'ALTER TABLE tieout.PostingKey DROP CONSTRAINT ', QUOTENAME(@Old));
    EXEC (@Drop);
    ALTER TABLE tieout.PostingKey ADD CONSTRAINT PostingKeyKinds CHECK (DocumentKind IN
        ('batch', 'cash_receipt', 'journal', 'credit_memo', 'application', 'reversal',
         'batch_post', 'customer', 'invoice'));
END
GO
/* Helpers ------------------------------------------------------------------------------------- */

/* A refusal: error 50500 with "code|reason", caught by the procedure that was called. THROW takes
   a doubled percent sign for one. */
CREATE OR ALTER PROCEDURE tieout.Refuse @Code varchar(40), @Reason nvarchar(2000) AS
BEGIN
    DECLARE @Text nvarchar(2048) =
        CONCAT(@Code, N'|', REPLACE(LEFT(@Reason, 255), N'%', N'%%'));
    THROW 50500, @Text, 1;
END
GO
/* Refuses text that is too long, or that the database's code page would change. */
CREATE OR ALTER PROCEDURE tieout.RequireText
    @Name nvarchar(60), @Value nvarchar(4000), @Width int AS
BEGIN
    DECLARE @Reason nvarchar(400) = NULL;
    IF LEN(@Value + N'|') - 1 > @Width
        SET @Reason = CONCAT(@Name, N' has ', LEN(@Value + N'|') - 1,
            N' characters, the column holds ', @Width, N'.');
    ELSE IF CAST(CAST(@Value AS varchar(8000)) AS nvarchar(4000)) <> @Value
            COLLATE Latin1_General_BIN2
        SET @Reason = CONCAT(@Name, N' has characters that the database cannot keep.');
    IF @Reason IS NOT NULL EXEC tieout.Refuse 'text_too_long', @Reason;
END
GO
/* Locks the key, existing or not, until the transaction ends. @Status 2, 3 or null. */
CREATE OR ALTER PROCEDURE tieout.KnownKey
    @Key nvarchar(400), @Hash nvarchar(100), @Company varchar(10), @Kind varchar(20),
    @Status int OUTPUT, @DocumentKey int OUTPUT, @DocumentNo varchar(15) OUTPUT AS
BEGIN
    SET @Status = NULL;
    IF ISNULL(@Key, N'') = N'' OR LEN(@Key) > 200 OR LEN(ISNULL(@Hash, N'')) <> 64
        EXEC tieout.Refuse 'text_too_long',
            N'A posting key has 1 to 200 characters and its hash 64.';
    SELECT @Status = CASE WHEN ContentHash = @Hash AND CompanyID = @Company
            AND DocumentKind = @Kind THEN 2 ELSE 3 END,
        @DocumentKey = DocumentKey, @DocumentNo = DocumentNo
    FROM tieout.PostingKey WITH (UPDLOCK, HOLDLOCK)
    WHERE PostingKey = CAST(@Key AS varchar(200));
END
GO
CREATE OR ALTER PROCEDURE tieout.KeepKey
    @Key nvarchar(400), @Hash nvarchar(100), @Company varchar(3), @Kind varchar(20),
    @DocumentKey int, @DocumentNo varchar(15), @BatchKey int, @Amount decimal(15,3) AS
    INSERT tieout.PostingKey (PostingKey, ContentHash, CompanyID, DocumentKind, DocumentKey,
        DocumentNo, BatchKey, Amount, CreatedAt)
    VALUES (@Key, @Hash, @Company, @Kind, @DocumentKey, @DocumentNo, @BatchKey, @Amount,
        SYSUTCDATETIME());
GO
CREATE OR ALTER PROCEDURE tieout.RequireCompany
    @Company varchar(10), @Module int, @Currency varchar(3) OUTPUT AS
BEGIN
    DECLARE @Reason nvarchar(400);
    SET @Currency = NULL;
    SELECT @Currency = CurrID FROM dbo.tsmCompany WHERE CompanyID = @Company;
    SET @Reason = CONCAT(N'There is no company ', @Company, N'.');
    IF @Currency IS NULL EXEC tieout.Refuse 'company_unknown', @Reason;
    SET @Reason = CONCAT(N'Module ', @Module, N' is not active for company ', @Company, N'.');
    IF NOT EXISTS (SELECT 1 FROM $(CompanyModule)
        WHERE CompanyID = @Company AND ModuleNo = @Module AND Active = 1)
        EXEC tieout.Refuse 'module_inactive', @Reason;
END
GO
CREATE OR ALTER PROCEDURE tieout.RequirePeriod @Company varchar(10), @Day datetime AS
BEGIN
    DECLARE @Status int = NULL, @Reason nvarchar(400);
    SELECT @Status = Status FROM $(FiscalPeriod) WHERE CompanyID = @Company
        AND StartDate <= @Day AND @Day < DATEADD(day, 1, EndDate);
    SET @Reason = CONCAT(N'No fiscal period of company ', @Company, N' holds ',
        CONVERT(char(10), @Day, 23), N'.');
    IF @Status IS NULL EXEC tieout.Refuse 'period_missing', @Reason;
    SET @Reason = CONCAT(N'The fiscal period of ', CONVERT(char(10), @Day, 23),
        N' is closed in company ', @Company, N'.');
    IF @Status = 2 EXEC tieout.Refuse 'period_closed', @Reason;
END
GO
/* The open batch of the wanted type, its row locked until the transaction ends. */
CREATE OR ALTER PROCEDURE tieout.RequireBatch
    @Company varchar(10), @BatchKey int, @TypeID varchar(4), @PostDate datetime OUTPUT,
    @NextSeqNo int OUTPUT, @UserID varchar(30) OUTPUT AS
BEGIN
    DECLARE @Status int = NULL, @PostStatus int, @Reason nvarchar(400);
    SELECT @Status = l.Status, @PostStatus = l.PostStatus, @PostDate = l.PostDate,
        @NextSeqNo = l.NextSeqNo, @UserID = l.CreateUserID
    FROM dbo.tciBatchLog l WITH (UPDLOCK, HOLDLOCK)
    JOIN dbo.tciBatchType t ON t.BatchType = l.BatchType
    WHERE l.BatchKey = @BatchKey AND l.SourceCompanyID = @Company
        AND t.$(BatchTypeColumn) = @TypeID;
    SET @Reason = CONCAT(N'Company ', @Company, N' has no batch ', @BatchKey, N' of type ',
        @TypeID, N'.');
    IF @Status IS NULL EXEC tieout.Refuse 'batch_unknown', @Reason;
    SET @Reason = CONCAT(N'Batch ', @BatchKey, N' is not open (status ', @Status,
        N', post status ', @PostStatus, N').');
    IF @Status <> 4 OR @PostStatus <> 0 EXEC tieout.Refuse 'batch_not_open', @Reason;
    EXEC tieout.RequirePeriod @Company, @PostDate;
END
GO
CREATE OR ALTER PROCEDURE tieout.RequireAccount
    @Company varchar(10), @Number nvarchar(400), @AcctKey int OUTPUT AS
BEGIN
    DECLARE @Reason nvarchar(400) =
        CONCAT(N'Company ', @Company, N' has no account ', LEFT(@Number, 100), N'.');
    SET @AcctKey = NULL;
    SELECT @AcctKey = GLAcctKey FROM dbo.tglAccount
        WHERE CompanyID = @Company AND GLAcctNo = @Number;
    IF @AcctKey IS NULL EXEC tieout.Refuse 'account_unknown', @Reason;
END
GO
CREATE OR ALTER PROCEDURE tieout.RequireCustomer
    @Company varchar(10), @CustID nvarchar(400), @CustKey int OUTPUT AS
BEGIN
    DECLARE @Reason nvarchar(400) =
        CONCAT(N'Company ', @Company, N' has no customer ', LEFT(@CustID, 100), N'.');
    SET @CustKey = NULL;
    SELECT @CustKey = CustKey FROM dbo.tarCustomer
        WHERE CompanyID = @Company AND CustID = @CustID;
    IF @CustKey IS NULL EXEC tieout.Refuse 'customer_unknown', @Reason;
END
GO
CREATE OR ALTER PROCEDURE tieout.RequireAmount
    @HomeCurrency varchar(3), @Currency nvarchar(20), @Amount decimal(28,10) AS
BEGIN
    DECLARE @Digits int, @Reason nvarchar(400);
    SELECT @Digits = DigitsAfterDecimal FROM dbo.tmcCurrency WHERE CurrID = @HomeCurrency;
    SET @Reason = CONCAT(N'The amount is in ', @Currency, N', the books are kept in ',
        @HomeCurrency, N'.');
    IF ISNULL(@Currency, N'') <> @HomeCurrency EXEC tieout.Refuse 'amount_invalid', @Reason;
    SET @Reason = CONCAT(@Amount, N' is not a positive amount with at most ', @Digits,
        N' decimals.');
    IF ISNULL(@Amount, 0) <= 0 OR @Amount <> ROUND(@Amount, @Digits) OR @Amount >= 1000000000000
        EXEC tieout.Refuse 'amount_invalid', @Reason;
END
GO
/* Taken last: the counter's row makes other writers wait until this transaction ends. */
CREATE OR ALTER PROCEDURE tieout.NextTranNo
    @Company varchar(10), @TypeID varchar(2), @TranType int OUTPUT, @TranNo varchar(10) OUTPUT,
    @TranID varchar(13) OUTPUT AS
BEGIN
    DECLARE @Reason nvarchar(400) = CONCAT(N'Company ', @Company,
        N' has no number for transactions of type ', @TypeID, N'.'), @Number int = NULL;
    SELECT @TranType = TranType FROM dbo.tciTranType WHERE TranTypeID = @TypeID
        AND TranType BETWEEN 500 AND 599;
    UPDATE $(TranTypeCompany) SET @Number = NextTranNo, NextTranNo = NextTranNo + 1
        WHERE CompanyID = @Company AND TranType = @TranType;
    IF @Number IS NULL EXEC tieout.Refuse 'batch_setup_missing', @Reason;
    SET @TranNo = RIGHT(CONCAT('0000000000', @Number), 10);
    SET @TranID = CONCAT(@TranNo, '-', @TypeID);
END
GO
CREATE OR ALTER PROCEDURE tieout.NextKey @Table varchar(60), @Key int OUTPUT AS
BEGIN
    DECLARE @Reason nvarchar(400) =
        CONCAT(N'spGetNextSurrogateKey gave no key for ', @Table, N'.');
    EXEC dbo.spGetNextSurrogateKey @iTableName = @Table, @oNewKey = @Key OUTPUT;
    IF ISNULL(@Key, 0) = 0 EXEC tieout.Refuse 'batch_setup_missing', @Reason;
END
GO
/* What the caller's CATCH block does: a refusal becomes an answer, all else is raised again. */
CREATE OR ALTER PROCEDURE tieout.Answer
    @Number int, @Text nvarchar(4000), @Status int OUTPUT, @Code varchar(40) OUTPUT,
    @Message nvarchar(255) OUTPUT AS
BEGIN
    SET @Status = CASE WHEN @Number = 50500 THEN 4 END;
    SET @Code = CASE WHEN @Number = 50500 THEN LEFT(@Text, CHARINDEX(N'|', @Text) - 1) END;
    SET @Message = CASE WHEN @Number = 50500
        THEN LEFT(SUBSTRING(@Text, CHARINDEX(N'|', @Text) + 1, 4000), 255) END;
END
GO
/* 1. A batch ------------------------------------------------------------------------ */
CREATE OR ALTER PROCEDURE tieout.OpenBatch
    @iKey nvarchar(400), @iHash nvarchar(100), @iCompanyID varchar(10), @iPurpose varchar(20),
    @iPostDate date, @iComment nvarchar(4000), @iDepositAcctNo nvarchar(400),
    @iUserID nvarchar(400), @oStatus int OUTPUT, @oCode varchar(40) OUTPUT,
    @oMessage nvarchar(255) OUTPUT, @oBatchKey int OUTPUT, @oBatchID varchar(15) OUTPUT
AS
BEGIN
    SET NOCOUNT, XACT_ABORT ON;
    DECLARE @Currency varchar(3), @Type int, @Module int, @Deposit int, @No int, @Ret int,
        @Post datetime = @iPostDate, @Reason nvarchar(400);
    SELECT @oCode = '', @oMessage = N'', @oBatchKey = NULL, @oBatchID = NULL;
    BEGIN TRY
        BEGIN TRANSACTION;
        EXEC tieout.KnownKey @iKey, @iHash, @iCompanyID, 'batch', @oStatus OUTPUT,
            @oBatchKey OUTPUT, @oBatchID OUTPUT;
        IF @oStatus IS NULL
        BEGIN
            SET @Module = CASE @iPurpose WHEN 'journals' THEN 3 ELSE 5 END;
            EXEC tieout.RequireCompany @iCompanyID, @Module, @Currency OUTPUT;
            EXEC tieout.RequireText N'The comment', @iComment, 50;
            EXEC tieout.RequireText N'The user', @iUserID, 30;
            SELECT @Type = BatchType, @Module = ModuleNo FROM dbo.tciBatchType
                WHERE $(BatchTypeColumn) = CASE @iPurpose WHEN 'receipts' THEN '$(ReceiptBatch)'
                    WHEN 'memos' THEN '$(MemoBatch)' WHEN 'invoices' THEN '$(InvoiceBatch)'
                    WHEN 'journals' THEN '$(JournalBatch)'
                    WHEN 'applications' THEN '$(ApplBatch)' END;
            SET @Reason = CONCAT(N'There is no batch type for ', @iPurpose, N'.');
            IF @Type IS NULL EXEC tieout.Refuse 'batch_setup_missing', @Reason;
            EXEC tieout.RequirePeriod @iCompanyID, @Post;
            IF ISNULL(@iDepositAcctNo, N'') <> N''
                EXEC tieout.RequireAccount @iCompanyID, @iDepositAcctNo, @Deposit OUTPUT;
            EXEC dbo.spGetNextBatch @_iCompanyID = @iCompanyID, @_iModuleNo = @Module,
                @_iBatchType = @Type, @_iUserID = @iUserID, @_iDefBatchCmnt = @iComment,
                @_iPostDate = @Post, @_oBatchKey = @oBatchKey OUTPUT, @_oNextBatchNo = @No OUTPUT,
                @_oRetVal = @Ret OUTPUT;
            SET @Reason = CONCAT(N'spGetNextBatch answered ', @Ret, N' for company ', @iCompanyID,
                N' and batch type ', @Type, N'.');
            IF ISNULL(@Ret, 0) <> 1 EXEC tieout.Refuse 'batch_setup_missing', @Reason;
            UPDATE dbo.tciBatchLog SET PostDate = @Post WHERE BatchKey = @oBatchKey;
            SELECT @oBatchID = BatchID FROM dbo.tciBatchLog WHERE BatchKey = @oBatchKey;
            IF @Module = 3
                INSERT dbo.tglBatch (BatchKey, BatchCmnt, GeneralJrnlType, Hold, InterCompany,
                        InterCompUsage, OrigUserID, PostDate, Private, TranCtrl, UpdateCounter)
                    VALUES (@oBatchKey, @iComment, 1, 0, 0, 0, @iUserID, @Post, 0, 0, 0);
            ELSE IF @Deposit IS NOT NULL
                UPDATE dbo.tarBatch SET CashAcctKey = @Deposit WHERE BatchKey = @oBatchKey;
            EXEC tieout.KeepKey @iKey, @iHash, @iCompanyID, 'batch', @oBatchKey, @oBatchID,
                @oBatchKey, NULL;
            SET @oStatus = 1;
        END
        COMMIT TRANSACTION;
    END TRY
    BEGIN CATCH
        DECLARE @Number int = ERROR_NUMBER(), @Text nvarchar(4000) = ERROR_MESSAGE();
        IF XACT_STATE() <> 0 ROLLBACK TRANSACTION;
        IF @Number <> 50500
        BEGIN;
            THROW;
        END;
        SELECT @oBatchKey = NULL, @oBatchID = NULL;
        EXEC tieout.Answer @Number, @Text, @oStatus OUTPUT, @oCode OUTPUT, @oMessage OUTPUT;
    END CATCH
END
GO
/* 2. A cash receipt ------------------------------------------------------------------------ */
CREATE OR ALTER PROCEDURE tieout.CreateCashReceipt
    @iKey nvarchar(400), @iHash nvarchar(100), @iCompanyID varchar(10), @iBatchKey int,
    @iCustID nvarchar(400), @iOffsetAcctNo nvarchar(400), @iTranDate date,
    @iAmount decimal(28,10), @iCurrID nvarchar(20), @iPmtMethodID nvarchar(400),
    @iPaymentRef nvarchar(4000), @iSettlementRef nvarchar(4000), @iComment nvarchar(4000),
    @iApplications nvarchar(max), @oStatus int OUTPUT, @oCode varchar(40) OUTPUT,
    @oMessage nvarchar(255) OUTPUT, @oDocKey int OUTPUT, @oTranID varchar(13) OUTPUT
AS
BEGIN
    SET NOCOUNT, XACT_ABORT ON;
    DECLARE @Currency varchar(3), @PostDate datetime, @Seq int, @UserID varchar(30), @CustKey int,
        @Offset int, @Method int, @Applied decimal(15,3) = 0, @Type int, @TranNo varchar(10),
        @Bad nvarchar(400), @Code varchar(40), @Rows int, @DocNo varchar(15);
    DECLARE @Wanted TABLE (Item int PRIMARY KEY, Amount decimal(15,3) NOT NULL);
    SELECT @oCode = '', @oMessage = N'', @oDocKey = NULL, @oTranID = NULL;
    BEGIN TRY
        BEGIN TRANSACTION;
        EXEC tieout.KnownKey @iKey, @iHash, @iCompanyID, 'cash_receipt', @oStatus OUTPUT,
            @oDocKey OUTPUT, @DocNo OUTPUT;
        SET @oTranID = @DocNo;
        IF @oStatus IS NULL
        BEGIN
            EXEC tieout.RequireCompany @iCompanyID, 5, @Currency OUTPUT;
            EXEC tieout.RequireText N'The payment reference', @iPaymentRef, 30;
            EXEC tieout.RequireText N'The settlement reference', @iSettlementRef, 30;
            EXEC tieout.RequireText N'The comment', @iComment, 50;
            EXEC tieout.RequireBatch @iCompanyID, @iBatchKey, '$(ReceiptBatch)', @PostDate OUTPUT,
                @Seq OUTPUT, @UserID OUTPUT;
            EXEC tieout.RequireAmount @Currency, @iCurrID, @iAmount;
            IF (CASE WHEN ISNULL(@iCustID, N'') = N'' THEN 1 ELSE 0 END)
                    = (CASE WHEN ISNULL(@iOffsetAcctNo, N'') = N'' THEN 1 ELSE 0 END)
                EXEC tieout.Refuse 'customer_unknown',
                    N'A receipt names either a customer or an offset account.';
            IF ISNULL(@iCustID, N'') <> N''
                EXEC tieout.RequireCustomer @iCompanyID, @iCustID, @CustKey OUTPUT;
            ELSE
                EXEC tieout.RequireAccount @iCompanyID, @iOffsetAcctNo, @Offset OUTPUT;
            SELECT @Method = PmtMethodKey FROM $(PmtMethod)
                WHERE CompanyID = @iCompanyID AND PmtMethodID = @iPmtMethodID;
            SET @Bad = CONCAT(N'Company ', @iCompanyID, N' has no payment method ',
                LEFT(@iPmtMethodID, 100), N'.');
            IF @Method IS NULL EXEC tieout.Refuse 'method_unknown', @Bad;

            IF ISNULL(@iApplications, N'') NOT IN (N'', N'[]')
            BEGIN
                IF ISJSON(@iApplications) = 0
                    EXEC tieout.Refuse 'amount_invalid', N'The applications cannot be read.';
                SET @Bad = NULL;
                SELECT TOP (1) @Bad = CONCAT(item_key, N': ', amount,
                        N' is not a positive amount with at most 3 decimals.')
                    FROM OPENJSON(@iApplications)
                        WITH (item_key nvarchar(40), amount nvarchar(40))
                    WHERE amount IS NULL OR amount LIKE N'%[^0-9.]%'
                        OR ISNULL(TRY_CONVERT(decimal(28,10), amount), 0) <= 0
                        OR TRY_CONVERT(decimal(28,10), amount) >= 1000000000000
                        OR TRY_CONVERT(decimal(28,10), amount)
                            <> ROUND(TRY_CONVERT(decimal(28,10), amount), 3);
                IF @Bad IS NOT NULL EXEC tieout.Refuse 'amount_invalid', @Bad;
                SELECT TOP (1) @Bad = CONCAT(N'"', item_key, N'" names no invoice.')
                    FROM OPENJSON(@iApplications) WITH (item_key nvarchar(40))
                    WHERE item_key IS NULL OR item_key LIKE N'%[^0-9]%'
                        OR TRY_CONVERT(int, item_key) IS NULL;
                IF @Bad IS NOT NULL EXEC tieout.Refuse 'invoice_unknown', @Bad;
                INSERT @Wanted (Item, Amount)
                    SELECT CONVERT(int, item_key), SUM(CONVERT(decimal(15,3), amount))
                    FROM OPENJSON(@iApplications)
                        WITH (item_key nvarchar(40), amount nvarchar(40))
                    GROUP BY CONVERT(int, item_key);
                SELECT @Applied = SUM(Amount) FROM @Wanted;
                SET @Bad = CONCAT(@Applied, N' is applied, the receipt is ', @iAmount, N'.');
                IF @Applied > @iAmount EXEC tieout.Refuse 'over_paid', @Bad;
                /* Locks the invoices in key order, then looks at balances and pending rows. */
                SELECT @Rows = COUNT(*) FROM (SELECT TOP (2147483647) i.InvcKey
                    FROM @Wanted w
                    INNER LOOP JOIN dbo.tarInvoice i WITH (UPDLOCK, HOLDLOCK)
                        ON i.InvcKey = w.Item ORDER BY w.Item) locked OPTION (MAXDOP 1);
                SELECT @Bad = NULL, @Code = NULL;
                SELECT TOP (1) @Code = CASE WHEN i.InvcKey IS NULL THEN 'invoice_unknown'
                            WHEN @CustKey IS NULL OR i.CustKey <> @CustKey
                                THEN 'invoice_other_customer'
                            ELSE 'over_applied' END,
                        @Bad = CONCAT(N'Invoice ', w.Item, N' ', i.TranID, N': ', w.Amount,
                            N' is to be applied, balance ', i.Balance, N', pending ',
                            ISNULL(p.Pending, 0), N'.')
                    FROM @Wanted w
                    LEFT JOIN dbo.tarInvoice i
                        ON i.InvcKey = w.Item AND i.CompanyID = @iCompanyID
                    OUTER APPLY (SELECT SUM(a.PmtAmt + a.DiscTakenAmt + a.WriteOffAmt) AS Pending
                        FROM $(PendAppl) a WITH (UPDLOCK, HOLDLOCK)
                        WHERE a.ApplyToInvcKey = w.Item) p
                    WHERE i.InvcKey IS NULL OR @CustKey IS NULL OR i.CustKey <> @CustKey
                        OR (w.Amount > i.Balance - ISNULL(p.Pending, 0) AND NOT EXISTS (
                            SELECT 1 FROM dbo.tarOptions o
                            WHERE o.CompanyID = @iCompanyID AND o.$(OverApplColumn) = 1))
                    ORDER BY w.Item;
                IF @Code IS NOT NULL EXEC tieout.Refuse @Code, @Bad;
            END

            EXEC tieout.NextKey 'tarCustPmt', @oDocKey OUTPUT;
            EXEC tieout.NextTranNo @iCompanyID, '$(ReceiptTran)', @Type OUTPUT, @TranNo OUTPUT,
                @oTranID OUTPUT;
            INSERT $(PendPmt) (CustPmtKey, CompanyID, CustKey, OffsetAcctKey, BatchKey, TranType,
                    TranNo, TranID, TranDate, TranAmt, TranAmtHC, UnappliedAmt, UnappliedAmtHC,
                    CurrID, CurrExchRate, PmtMethodKey, PmtRefNo, SettlementRefNo, TranCmnt,
                    CreateType, CreateDate, CreateUserID, UpdateCounter)
                VALUES (@oDocKey, @iCompanyID, @CustKey, @Offset, @iBatchKey, @Type, @TranNo,
                    @oTranID, @iTranDate, @iAmount, @iAmount, @iAmount - @Applied,
                    @iAmount - @Applied, @iCurrID, 1, @Method, ISNULL(@iPaymentRef, N''),
                    ISNULL(@iSettlementRef, N''), ISNULL(@iComment, N''), 7, GETDATE(), @UserID,
                    0);
            INSERT $(PendAppl) (BatchKey, SeqNo, AppliedAtCreation, ApplyFromPmtKey,
                    ApplyFromTranID, ApplyFromTranDate, ApplyToInvcKey, ApplyToTranID,
                    ApplyToTranDate, CurrExchRate, PmtAmt, PmtAmtIC, DiscTakenAmt, DiscTakenAmtIC,
                    WriteOffAmt, WriteOffAmtIC, RealGainLossAmt, CreateDate, CreateUserID,
                    UpdateCounter)
                SELECT @iBatchKey, @Seq + ROW_NUMBER() OVER (ORDER BY w.Item) - 1, 1, @oDocKey,
                    @oTranID, @iTranDate, i.InvcKey, i.TranID, i.TranDate, 1, w.Amount, w.Amount,
                    0, 0, 0, 0, 0, GETDATE(), @UserID, 0
                FROM @Wanted w JOIN dbo.tarInvoice i ON i.InvcKey = w.Item;
            SET @Rows = @@ROWCOUNT;
            UPDATE dbo.tarBatch SET BankDepAmt = BankDepAmt + @iAmount WHERE BatchKey = @iBatchKey;
            UPDATE dbo.tciBatchLog SET NextSeqNo = NextSeqNo + @Rows,
                UpdateCounter = UpdateCounter + 1 WHERE BatchKey = @iBatchKey;
            EXEC tieout.KeepKey @iKey, @iHash, @iCompanyID, 'cash_receipt', @oDocKey, @oTranID,
                @iBatchKey, @iAmount;
            SET @oStatus = 1;
        END
        COMMIT TRANSACTION;
    END TRY
    BEGIN CATCH
        DECLARE @Number int = ERROR_NUMBER(), @Text nvarchar(4000) = ERROR_MESSAGE();
        IF XACT_STATE() <> 0 ROLLBACK TRANSACTION;
        IF @Number <> 50500
        BEGIN;
            THROW;
        END;
        SELECT @oDocKey = NULL, @oTranID = NULL;
        EXEC tieout.Answer @Number, @Text, @oStatus OUTPUT, @oCode OUTPUT, @oMessage OUTPUT;
    END CATCH
END
GO
/* 3. A journal ------------------------------------------------------------------------ */
CREATE OR ALTER PROCEDURE tieout.CreateJournal
    @iKey nvarchar(400), @iHash nvarchar(100), @iCompanyID varchar(10), @iBatchKey int,
    @iTranDate date, @iComment nvarchar(4000), @iLines nvarchar(max), @oStatus int OUTPUT,
    @oCode varchar(40) OUTPUT, @oMessage nvarchar(255) OUTPUT, @oDocKey int OUTPUT,
    @oJrnlNo varchar(13) OUTPUT
AS
BEGIN
    SET NOCOUNT, XACT_ABORT ON;
    DECLARE @Currency varchar(3), @Digits int, @PostDate datetime, @Seq int, @UserID varchar(30),
        @Bad nvarchar(400), @Count int, @Difference decimal(28,3), @Debits decimal(15,3),
        @JrnlKey int, @No int, @Ret int, @DocNo varchar(15);
    DECLARE @Lines TABLE (Entry int IDENTITY(1,1) PRIMARY KEY, Account nvarchar(400),
        Debit nvarchar(40), Credit nvarchar(40), Reference nvarchar(4000), Cmnt nvarchar(4000),
        AcctKey int NULL, Amount decimal(28,10) NULL);
    SELECT @oCode = '', @oMessage = N'', @oDocKey = NULL, @oJrnlNo = NULL;
    BEGIN TRY
        BEGIN TRANSACTION;
        EXEC tieout.KnownKey @iKey, @iHash, @iCompanyID, 'journal', @oStatus OUTPUT,
            @oDocKey OUTPUT, @DocNo OUTPUT;
        SET @oJrnlNo = @DocNo;
        IF @oStatus IS NULL
        BEGIN
            EXEC tieout.RequireCompany @iCompanyID, 3, @Currency OUTPUT;
            EXEC tieout.RequireText N'The comment', @iComment, 50;
            EXEC tieout.RequireBatch @iCompanyID, @iBatchKey, '$(JournalBatch)', @PostDate OUTPUT,
                @Seq OUTPUT, @UserID OUTPUT;
            SELECT @Digits = DigitsAfterDecimal FROM dbo.tmcCurrency WHERE CurrID = @Currency;
            IF ISJSON(@iLines) = 0
                EXEC tieout.Refuse 'journal_unbalanced', N'The lines cannot be read.';
            INSERT @Lines (Account, Debit, Credit, Reference, Cmnt)
                SELECT JSON_VALUE(value, '$.account'),
                    ISNULL(NULLIF(JSON_VALUE(value, '$.debit'), N''), N'0'),
                    ISNULL(NULLIF(JSON_VALUE(value, '$.credit'), N''), N'0'),
                    ISNULL(JSON_VALUE(value, '$.reference'), N''),
                    ISNULL(JSON_VALUE(value, '$.comment'), N'')
                FROM OPENJSON(@iLines) ORDER BY TRY_CONVERT(int, [key]);
            UPDATE @Lines SET Amount = TRY_CONVERT(decimal(28,10), Debit)
                    - TRY_CONVERT(decimal(28,10), Credit)
                WHERE Debit NOT LIKE N'%[^0-9.]%' AND Credit NOT LIKE N'%[^0-9.]%'
                    AND (TRY_CONVERT(decimal(28,10), Debit) = 0
                        OR TRY_CONVERT(decimal(28,10), Credit) = 0);
            SET @Bad = NULL;
            SELECT TOP (1) @Bad = CONCAT(N'Line ', Entry, N' has debit ', Debit, N' and credit ',
                    Credit, N': a line has one of them, positive, with at most ', @Digits,
                    N' decimals.')
                FROM @Lines WHERE ISNULL(Amount, 0) = 0 OR Amount <> ROUND(Amount, @Digits)
                    OR ABS(Amount) >= 1000000000000 ORDER BY Entry;
            IF @Bad IS NOT NULL EXEC tieout.Refuse 'amount_invalid', @Bad;
            SELECT TOP (1) @Bad = CONCAT(N'Line ', Entry,
                    N': the reference holds 30 characters, the comment 255.')
                FROM @Lines WHERE LEN(Reference + N'|') > 31 OR LEN(Cmnt + N'|') > 256;
            IF @Bad IS NOT NULL EXEC tieout.Refuse 'text_too_long', @Bad;
            UPDATE l SET AcctKey = a.GLAcctKey FROM @Lines l
                JOIN dbo.tglAccount a ON a.CompanyID = @iCompanyID AND a.GLAcctNo = l.Account;
            SELECT TOP (1) @Bad = CONCAT(N'Company ', @iCompanyID, N' has no account ', Account,
                N'.') FROM @Lines WHERE AcctKey IS NULL ORDER BY Entry;
            IF @Bad IS NOT NULL EXEC tieout.Refuse 'account_unknown', @Bad;
            SELECT @Count = COUNT(*), @Difference = ISNULL(SUM(Amount), 0),
                @Debits = SUM(CASE WHEN Amount > 0 THEN Amount END) FROM @Lines;
            SET @Bad = CONCAT(N'Debits less credits of the ', @Count, N' lines are ', @Difference,
                N'.');
            IF @Count = 0 OR @Difference <> 0 EXEC tieout.Refuse 'journal_unbalanced', @Bad;

            SELECT @JrnlKey = JrnlKey FROM dbo.tglJournal
                WHERE CompanyID = @iCompanyID AND JrnlID = '$(JournalID)';
            EXEC tieout.NextKey 'tglJournalHdr', @oDocKey OUTPUT;
            EXEC $(NextJrnlNo) @iCompanyID = @iCompanyID, @iJrnlKey = @JrnlKey, @iIncrement = 1,
                @oJrnlNo = @No OUTPUT, @oRetVal = @Ret OUTPUT;
            IF @JrnlKey IS NULL OR ISNULL(@Ret, 0) <> 1
                EXEC tieout.Refuse 'batch_setup_missing', N'The company has no general journal.';
            SET @oJrnlNo = RIGHT(CONCAT('0000000000', @No), 10);
            INSERT $(JournalLog) (JrnlHdrKey, CompanyID, JrnlKey, JrnlNo, PostDate, TranStatus)
                VALUES (@oDocKey, @iCompanyID, @JrnlKey, @No, @PostDate, 2);
            INSERT dbo.tglJournalHdr (JrnlHdrKey, BatchKey, CompanyID, JrnlKey, JrnlNo, CurrID,
                    CurrExchRate, Financial, OffsetPost, GLAcctKey, NextEntryNo, OutOfBalance,
                    OutOfBalOverride, ReqOffsetAmt, ReverseJrnl, SourceModule, Status, CheckNo,
                    CreateType, CreateDate, CreateUserID)
                VALUES (@oDocKey, @iBatchKey, @iCompanyID, @JrnlKey, @No, @Currency, 1, 1, 0, NULL,
                    @Count + 1, 0, 0, 0, 0, 'GL', 1, '', 0, GETDATE(), @UserID);
            INSERT dbo.tglJournalDetl (JrnlHdrKey, EntryNo, GLAcctKey, PostAmt, PostAmtHC, PostQty,
                    PostCmnt, RefNo, SeqNo, TargetCompanyID, TranDate)
                SELECT @oDocKey, Entry, AcctKey, Amount, Amount, 0, Cmnt, Reference, 16384 * Entry,
                    @iCompanyID, @iTranDate FROM @Lines;
            UPDATE dbo.tglBatch SET TranCtrl = TranCtrl + @Debits,
                UpdateCounter = UpdateCounter + 1 WHERE BatchKey = @iBatchKey;
            EXEC tieout.KeepKey @iKey, @iHash, @iCompanyID, 'journal', @oDocKey, @oJrnlNo,
                @iBatchKey, @Debits;
            SET @oStatus = 1;
        END
        COMMIT TRANSACTION;
    END TRY
    BEGIN CATCH
        DECLARE @Number int = ERROR_NUMBER(), @Text nvarchar(4000) = ERROR_MESSAGE();
        IF XACT_STATE() <> 0 ROLLBACK TRANSACTION;
        IF @Number <> 50500
        BEGIN;
            THROW;
        END;
        SELECT @oDocKey = NULL, @oJrnlNo = NULL;
        EXEC tieout.Answer @Number, @Text, @oStatus OUTPUT, @oCode OUTPUT, @oMessage OUTPUT;
    END CATCH
END
GO
/* 4. A credit memo ------------------------------------------------------------------------ */
CREATE OR ALTER PROCEDURE tieout.CreateCreditMemo
    @iKey nvarchar(400), @iHash nvarchar(100), @iCompanyID varchar(10), @iBatchKey int,
    @iCustID nvarchar(400), @iTranDate date, @iAmount decimal(28,10), @iCurrID nvarchar(20),
    @iOffsetAcctNo nvarchar(400), @iReference nvarchar(4000), @iComment nvarchar(4000),
    @oStatus int OUTPUT, @oCode varchar(40) OUTPUT, @oMessage nvarchar(255) OUTPUT,
    @oDocKey int OUTPUT, @oTranID varchar(13) OUTPUT
AS
BEGIN
    SET NOCOUNT, XACT_ABORT ON;
    DECLARE @Currency varchar(3), @PostDate datetime, @Seq int, @UserID varchar(30), @CustKey int,
        @Offset int, @Type int, @TranNo varchar(10), @DocNo varchar(15);
    SELECT @oCode = '', @oMessage = N'', @oDocKey = NULL, @oTranID = NULL;
    BEGIN TRY
        BEGIN TRANSACTION;
        EXEC tieout.KnownKey @iKey, @iHash, @iCompanyID, 'credit_memo', @oStatus OUTPUT,
            @oDocKey OUTPUT, @DocNo OUTPUT;
        SET @oTranID = @DocNo;
        IF @oStatus IS NULL
        BEGIN
            EXEC tieout.RequireCompany @iCompanyID, 5, @Currency OUTPUT;
            EXEC tieout.RequireText N'The reference', @iReference, 15;
            EXEC tieout.RequireText N'The comment', @iComment, 50;
            EXEC tieout.RequireBatch @iCompanyID, @iBatchKey, '$(MemoBatch)', @PostDate OUTPUT,
                @Seq OUTPUT, @UserID OUTPUT;
            EXEC tieout.RequireAmount @Currency, @iCurrID, @iAmount;
            EXEC tieout.RequireCustomer @iCompanyID, @iCustID, @CustKey OUTPUT;
            IF ISNULL(@iOffsetAcctNo, N'') <> N''
                EXEC tieout.RequireAccount @iCompanyID, @iOffsetAcctNo, @Offset OUTPUT;
            ELSE
                SELECT @Offset = DfltSalesReturnAcctKey FROM dbo.tarCustomer
                    WHERE CustKey = @CustKey;
            IF @Offset IS NULL
                EXEC tieout.Refuse 'account_unknown',
                    N'The customer has no sales returns account.';
            EXEC tieout.NextKey 'tarInvoice', @oDocKey OUTPUT;
            EXEC tieout.NextTranNo @iCompanyID, '$(MemoTran)', @Type OUTPUT, @TranNo OUTPUT,
                @oTranID OUTPUT;
            INSERT dbo.tarPendInvoice (InvcKey, CompanyID, CustKey, BatchKey, TranType, TranNo,
                    TranID, TranDate, TranAmt, TranAmtHC, CurrID, CurrExchRate, OffsetAcctKey,
                    CustPONo, TranCmnt, CreateType, CreateDate, CreateUserID)
                VALUES (@oDocKey, @iCompanyID, @CustKey, @iBatchKey, @Type, @TranNo, @oTranID,
                    @iTranDate, -@iAmount, -@iAmount, @iCurrID, 1, @Offset,
                    ISNULL(@iReference, N''), ISNULL(@iComment, N''), 7, GETDATE(), @UserID);
            UPDATE dbo.tarBatch SET TranCtrl = TranCtrl + @iAmount WHERE BatchKey = @iBatchKey;
            EXEC tieout.KeepKey @iKey, @iHash, @iCompanyID, 'credit_memo', @oDocKey, @oTranID,
                @iBatchKey, @iAmount;
            SET @oStatus = 1;
        END
        COMMIT TRANSACTION;
    END TRY
    BEGIN CATCH
        DECLARE @Number int = ERROR_NUMBER(), @Text nvarchar(4000) = ERROR_MESSAGE();
        IF XACT_STATE() <> 0 ROLLBACK TRANSACTION;
        IF @Number <> 50500
        BEGIN;
            THROW;
        END;
        SELECT @oDocKey = NULL, @oTranID = NULL;
        EXEC tieout.Answer @Number, @Text, @oStatus OUTPUT, @oCode OUTPUT, @oMessage OUTPUT;
    END CATCH
END
GO
/* 5. What is left of a posted receipt, applied to an open invoice --------------------------------
   As in the product's payment-application batch, UnappliedAmt falls at once and the invoice's
   balance when the batch is posted. The document is one row: its key is the row's SeqNo. */
CREATE OR ALTER PROCEDURE tieout.ApplyReceipt
    @iKey nvarchar(400), @iHash nvarchar(100), @iCompanyID varchar(10), @iBatchKey int,
    @iReceiptKey int, @iInvcKey int, @iAmount decimal(28,10), @iCurrID nvarchar(20),
    @oStatus int OUTPUT, @oCode varchar(40) OUTPUT, @oMessage nvarchar(255) OUTPUT,
    @oDocKey int OUTPUT, @oTranID varchar(13) OUTPUT
AS
BEGIN
    SET NOCOUNT, XACT_ABORT ON;
    DECLARE @Currency varchar(3), @PostDate datetime, @Seq int, @UserID varchar(30), @CustKey int,
        @Left decimal(15,3), @FromID varchar(13), @FromDate datetime, @Bad nvarchar(400),
        @Code varchar(40), @DocNo varchar(15), @Rows int;
    SELECT @oCode = '', @oMessage = N'', @oDocKey = NULL, @oTranID = NULL;
    BEGIN TRY
        BEGIN TRANSACTION;
        EXEC tieout.KnownKey @iKey, @iHash, @iCompanyID, 'application', @oStatus OUTPUT,
            @oDocKey OUTPUT, @DocNo OUTPUT;
        SET @oTranID = @DocNo;
        IF @oStatus IS NULL
        BEGIN
            EXEC tieout.RequireCompany @iCompanyID, 5, @Currency OUTPUT;
            EXEC tieout.RequireBatch @iCompanyID, @iBatchKey, '$(ApplBatch)', @PostDate OUTPUT,
                @Seq OUTPUT, @UserID OUTPUT;
            EXEC tieout.RequireAmount @Currency, @iCurrID, @iAmount;
            SELECT @CustKey = CustKey, @Left = UnappliedAmt, @FromID = TranID,
                    @FromDate = TranDate
                FROM dbo.tarCustPmt WITH (UPDLOCK, HOLDLOCK)
                WHERE CustPmtKey = @iReceiptKey AND CompanyID = @iCompanyID AND Status = 1;
            SET @Bad = CONCAT(N'Company ', @iCompanyID,
                N' has no valid posted receipt of a customer with key ', @iReceiptKey, N'.');
            IF @CustKey IS NULL EXEC tieout.Refuse 'receipt_unknown', @Bad;
            SET @Bad = CONCAT(@iAmount, N' is to be applied, ', @Left, N' of receipt ', @FromID,
                N' is left.');
            IF @iAmount > @Left EXEC tieout.Refuse 'over_paid', @Bad;
            SELECT @Rows = COUNT(*) FROM dbo.tarInvoice WITH (UPDLOCK, HOLDLOCK)
                WHERE InvcKey = @iInvcKey;
            SELECT @Bad = NULL, @Code = NULL;
            SELECT @Code = CASE WHEN i.InvcKey IS NULL THEN 'invoice_unknown'
                        WHEN i.CustKey <> @CustKey THEN 'invoice_other_customer'
                        ELSE 'over_applied' END,
                    @Bad = CONCAT(N'Invoice ', w.Item, N' ', i.TranID, N': ', @iAmount,
                        N' is to be applied, balance ', i.Balance, N', pending ',
                        ISNULL(p.Pending, 0), N'.')
                FROM (SELECT @iInvcKey AS Item) w
                LEFT JOIN dbo.tarInvoice i ON i.InvcKey = w.Item AND i.CompanyID = @iCompanyID
                OUTER APPLY (SELECT SUM(a.PmtAmt + a.DiscTakenAmt + a.WriteOffAmt) AS Pending
                    FROM $(PendAppl) a WITH (UPDLOCK, HOLDLOCK)
                    WHERE a.ApplyToInvcKey = w.Item) p
                WHERE i.InvcKey IS NULL OR i.CustKey <> @CustKey
                    OR (@iAmount > i.Balance - ISNULL(p.Pending, 0) AND NOT EXISTS (
                        SELECT 1 FROM dbo.tarOptions o
                        WHERE o.CompanyID = @iCompanyID AND o.$(OverApplColumn) = 1));
            IF @Code IS NOT NULL EXEC tieout.Refuse @Code, @Bad;

            SELECT @oDocKey = @Seq, @oTranID = @FromID;
            INSERT $(PendAppl) (BatchKey, SeqNo, AppliedAtCreation, ApplyFromPmtKey,
                    ApplyFromTranID, ApplyFromTranDate, ApplyToInvcKey, ApplyToTranID,
                    ApplyToTranDate, CurrExchRate, PmtAmt, PmtAmtIC, DiscTakenAmt, DiscTakenAmtIC,
                    WriteOffAmt, WriteOffAmtIC, RealGainLossAmt, CreateDate, CreateUserID,
                    UpdateCounter)
                SELECT @iBatchKey, @Seq, 0, @iReceiptKey, @FromID, @FromDate, i.InvcKey, i.TranID,
                    i.TranDate, 1, @iAmount, @iAmount, 0, 0, 0, 0, 0, GETDATE(), @UserID, 0
                FROM dbo.tarInvoice i WHERE i.InvcKey = @iInvcKey;
            UPDATE dbo.tarCustPmt SET UnappliedAmt = UnappliedAmt - @iAmount,
                    UnappliedAmtHC = UnappliedAmtHC - @iAmount, UpdateDate = GETDATE(),
                    UpdateUserID = @UserID, UpdateCounter = UpdateCounter + 1
                WHERE CustPmtKey = @iReceiptKey;
            UPDATE dbo.tarBatch SET TranCtrl = TranCtrl + @iAmount WHERE BatchKey = @iBatchKey;
            UPDATE dbo.tciBatchLog SET NextSeqNo = NextSeqNo + 1,
                UpdateCounter = UpdateCounter + 1 WHERE BatchKey = @iBatchKey;
            EXEC tieout.KeepKey @iKey, @iHash, @iCompanyID, 'application', @oDocKey, @oTranID,
                @iBatchKey, @iAmount;
            SET @oStatus = 1;
        END
        COMMIT TRANSACTION;
    END TRY
    BEGIN CATCH
        DECLARE @Number int = ERROR_NUMBER(), @Text nvarchar(4000) = ERROR_MESSAGE();
        IF XACT_STATE() <> 0 ROLLBACK TRANSACTION;
        IF @Number <> 50500
        BEGIN;
            THROW;
        END;
        SELECT @oDocKey = NULL, @oTranID = NULL;
        EXEC tieout.Answer @Number, @Text, @oStatus OUTPUT, @oCode OUTPUT, @oMessage OUTPUT;
    END CATCH
END
GO
/* 6. A receipt taken back, with all that was applied from it -------------------------------------
   A receipt of its own type with negative amounts, entered or posted as any other; the receipt is
   not valid (Status 2) from now on. Balances rise again when the batch is posted. */
CREATE OR ALTER PROCEDURE tieout.ReverseCashReceipt
    @iKey nvarchar(400), @iHash nvarchar(100), @iCompanyID varchar(10), @iBatchKey int,
    @iReceiptKey int, @iTranDate date, @iAmount decimal(28,10), @iCurrID nvarchar(20),
    @iPaymentRef nvarchar(4000), @iSettlementRef nvarchar(4000), @iComment nvarchar(4000),
    @oStatus int OUTPUT, @oCode varchar(40) OUTPUT, @oMessage nvarchar(255) OUTPUT,
    @oDocKey int OUTPUT, @oTranID varchar(13) OUTPUT
AS
BEGIN
    SET NOCOUNT, XACT_ABORT ON;
    DECLARE @Currency varchar(3), @PostDate datetime, @Seq int, @UserID varchar(30), @CustKey int,
        @Offset int, @Method int, @Total decimal(15,3), @Left decimal(15,3), @Type int,
        @TranNo varchar(10), @Bad nvarchar(400), @Rows int, @DocNo varchar(15);
    DECLARE @Applied TABLE (Item int PRIMARY KEY, Amount decimal(15,3) NOT NULL);
    SELECT @oCode = '', @oMessage = N'', @oDocKey = NULL, @oTranID = NULL;
    BEGIN TRY
        BEGIN TRANSACTION;
        EXEC tieout.KnownKey @iKey, @iHash, @iCompanyID, 'reversal', @oStatus OUTPUT,
            @oDocKey OUTPUT, @DocNo OUTPUT;
        SET @oTranID = @DocNo;
        IF @oStatus IS NULL
        BEGIN
            EXEC tieout.RequireCompany @iCompanyID, 5, @Currency OUTPUT;
            EXEC tieout.RequireText N'The payment reference', @iPaymentRef, 30;
            EXEC tieout.RequireText N'The settlement reference', @iSettlementRef, 30;
            EXEC tieout.RequireText N'The comment', @iComment, 50;
            EXEC tieout.RequireBatch @iCompanyID, @iBatchKey, '$(ReceiptBatch)', @PostDate OUTPUT,
                @Seq OUTPUT, @UserID OUTPUT;
            EXEC tieout.RequireAmount @Currency, @iCurrID, @iAmount;
            SELECT @CustKey = CustKey, @Offset = OffsetAcctKey, @Method = PmtMethodKey,
                    @Total = TranAmt, @Left = UnappliedAmt
                FROM $(PendPmt) WITH (UPDLOCK, HOLDLOCK) WHERE CustPmtKey = @iReceiptKey
                    AND CompanyID = @iCompanyID AND ISNULL(Status, 1) = 1
                    AND $(ReversedColumn) IS NULL;
            IF @Total IS NULL
                SELECT @CustKey = CustKey, @Offset = OffsetAcctKey, @Method = PmtMethodKey,
                        @Total = TranAmt, @Left = UnappliedAmt
                    FROM dbo.tarCustPmt WITH (UPDLOCK, HOLDLOCK) WHERE CustPmtKey = @iReceiptKey
                        AND CompanyID = @iCompanyID AND ISNULL(Status, 1) = 1
                    AND $(ReversedColumn) IS NULL;
            SET @Bad = CONCAT(N'Company ', @iCompanyID, N' has no valid receipt with key ',
                @iReceiptKey, N'.');
            IF @Total IS NULL EXEC tieout.Refuse 'receipt_unknown', @Bad;
            SET @Bad = CONCAT(@iAmount, N' is to be reversed, the receipt is ', @Total, N'.');
            IF @iAmount <> @Total EXEC tieout.Refuse 'amount_differs', @Bad;
            INSERT @Applied (Item, Amount)
                SELECT a.ApplyToInvcKey, SUM(a.PmtAmt) FROM (
                    SELECT ApplyToInvcKey, PmtAmt FROM $(PendAppl)
                        WHERE ApplyFromPmtKey = @iReceiptKey
                    UNION ALL SELECT ApplyToInvcKey, PmtAmt FROM $(Appl)
                        WHERE ApplyFromPmtKey = @iReceiptKey) a
                GROUP BY a.ApplyToInvcKey;

            EXEC tieout.NextKey 'tarCustPmt', @oDocKey OUTPUT;
            EXEC tieout.NextTranNo @iCompanyID, '$(ReversalTran)', @Type OUTPUT, @TranNo OUTPUT,
                @oTranID OUTPUT;
            UPDATE $(PendPmt) SET Status = 2 WHERE CustPmtKey = @iReceiptKey;
            UPDATE dbo.tarCustPmt SET Status = 2, UpdateDate = GETDATE(), UpdateUserID = @UserID,
                UpdateCounter = UpdateCounter + 1 WHERE CustPmtKey = @iReceiptKey;
            INSERT $(PendPmt) (CustPmtKey, CompanyID, CustKey, OffsetAcctKey, BatchKey, TranType,
                    TranNo, TranID, TranDate, TranAmt, TranAmtHC, UnappliedAmt, UnappliedAmtHC,
                    CurrID, CurrExchRate, PmtMethodKey, PmtRefNo, SettlementRefNo, TranCmnt,
                    Status, $(ReversedColumn), CreateType, CreateDate, CreateUserID,
                    UpdateCounter)
                VALUES (@oDocKey, @iCompanyID, @CustKey, @Offset, @iBatchKey, @Type, @TranNo,
                    @oTranID, @iTranDate, -@iAmount, -@iAmount, -@Left, -@Left, @iCurrID, 1,
                    @Method, ISNULL(@iPaymentRef, N''), ISNULL(@iSettlementRef, N''),
                    ISNULL(@iComment, N''), 2, @iReceiptKey, 7, GETDATE(), @UserID, 0);
            INSERT $(PendAppl) (BatchKey, SeqNo, AppliedAtCreation, ApplyFromPmtKey,
                    ApplyFromTranID, ApplyFromTranDate, ApplyToInvcKey, ApplyToTranID,
                    ApplyToTranDate, CurrExchRate, PmtAmt, PmtAmtIC, DiscTakenAmt, DiscTakenAmtIC,
                    WriteOffAmt, WriteOffAmtIC, RealGainLossAmt, CreateDate, CreateUserID,
                    UpdateCounter)
                SELECT @iBatchKey, @Seq + ROW_NUMBER() OVER (ORDER BY w.Item) - 1, 1, @oDocKey,
                    @oTranID, @iTranDate, i.InvcKey, i.TranID, i.TranDate, 1, -w.Amount,
                    -w.Amount, 0, 0, 0, 0, 0, GETDATE(), @UserID, 0
                FROM @Applied w JOIN dbo.tarInvoice i ON i.InvcKey = w.Item;
            SET @Rows = @@ROWCOUNT;
            UPDATE dbo.tarBatch SET BankDepAmt = BankDepAmt - @iAmount WHERE BatchKey = @iBatchKey;
            UPDATE dbo.tciBatchLog SET NextSeqNo = NextSeqNo + @Rows,
                UpdateCounter = UpdateCounter + 1 WHERE BatchKey = @iBatchKey;
            EXEC tieout.KeepKey @iKey, @iHash, @iCompanyID, 'reversal', @oDocKey, @oTranID,
                @iBatchKey, @iAmount;
            SET @oStatus = 1;
        END
        COMMIT TRANSACTION;
    END TRY
    BEGIN CATCH
        DECLARE @Number int = ERROR_NUMBER(), @Text nvarchar(4000) = ERROR_MESSAGE();
        IF XACT_STATE() <> 0 ROLLBACK TRANSACTION;
        IF @Number <> 50500
        BEGIN;
            THROW;
        END;
        SELECT @oDocKey = NULL, @oTranID = NULL;
        EXEC tieout.Answer @Number, @Text, @oStatus OUTPUT, @oCode OUTPUT, @oMessage OUTPUT;
    END CATCH
END
GO
/* 7. Posting a batch -----------------------------------------------------------------------------
   The product's own procedures commit as they go, so the steps are not one transaction of ours: a
   session lock keeps a second posting of the batch out, and the batch's own status says where an
   interrupted one goes on. The key is kept last: it is there exactly when the batch is posted.
   Whether these procedures need the application role's context is not known. */
CREATE OR ALTER PROCEDURE tieout.StepFailed
    @BatchKey int, @Step varchar(60), @Answer int AS
BEGIN
    DECLARE @Reason nvarchar(400) = CONCAT(@Step, N' answered ', @Answer, N'.');
    SELECT TOP (1) @Reason = CONCAT(@Step, N' answered ', @Answer, N': ',
            ISNULL(s.LocalText, CONCAT(N'string ', e.StringNo)), N' ', e.StringData1, N' ',
            e.StringData2)
        FROM dbo.tciErrorLog e LEFT JOIN dbo.tsmLocalString s
            ON s.StringNo = e.StringNo AND s.LanguageID = 1033
        WHERE e.BatchKey = @BatchKey AND e.Severity = 2 ORDER BY e.SessionID, e.EntryNo;
    EXEC tieout.Refuse 'batch_not_open', @Reason;
END
GO
CREATE OR ALTER PROCEDURE tieout.RunPosting
    @BatchKey int, @Company varchar(3), @Currency varchar(3), @Module int, @Type int,
    @PostStatus int AS
BEGIN
    DECLARE @Session int, @Ret int, @Printed int, @Errors int, @Status int, @Exist int;
    EXEC tieout.NextKey 'tciErrorLog', @Session OUTPUT;
    IF @PostStatus <= 200
    BEGIN
        DELETE dbo.tciErrorLog WHERE BatchKey = @BatchKey;
        EXEC dbo.spciValidatePosting @iBatchKey = @BatchKey, @iSessionID = @Session,
            @iSourceModule = @Module, @iBatchType = @Type, @oRetVal = @Ret OUTPUT;
        IF ISNULL(@Ret, -1) NOT IN (0, 1)
            EXEC tieout.StepFailed @BatchKey, 'spciValidatePosting', @Ret;
        EXEC dbo.spciPrePost @iBatchKey = @BatchKey, @iSessionID = @Session,
            @iSourceModule = @Module, @oRetVal = @Ret OUTPUT;
        IF ISNULL(@Ret, -1) <> 0 EXEC tieout.StepFailed @BatchKey, 'spciPrePost', @Ret;
        IF @Module = 5
        BEGIN
            EXEC dbo.spARValGLCurr @_iBatchKey = @BatchKey, @_iHomeCurrency = @Currency,
                @_iCompanyID = @Company, @_oRetVal = @Ret OUTPUT;
            IF ISNULL(@Ret, -1) <> 0 EXEC tieout.StepFailed @BatchKey, 'spARValGLCurr', @Ret;
            EXEC dbo.sparCheckBalance @BatchKey = @BatchKey, @SessionID = @Session,
                @RetVal = @Ret OUTPUT;
            IF ISNULL(@Ret, -1) <> 1 EXEC tieout.StepFailed @BatchKey, 'sparCheckBalance', @Ret;
            EXEC dbo.sparSetRegPrintFlg @iBatchKey = @BatchKey, @iFlagValue = 1,
                @iCompanyID = @Company, @iRetVal = @Ret OUTPUT;
            IF ISNULL(@Ret, -1) <> 0 EXEC tieout.StepFailed @BatchKey, 'sparSetRegPrintFlg', @Ret;
            EXEC dbo.sparCheckRgstrStatus2 @iBatchKey = @BatchKey, @oPrintStatus = @Printed OUTPUT,
                @oErrorStatus = @Errors OUTPUT, @oStatus = @Status OUTPUT,
                @oRecordsExist = @Exist OUTPUT;
            IF ISNULL(@Printed, 0) <> 1
                EXEC tieout.StepFailed @BatchKey, 'sparCheckRgstrStatus2', @Printed;
        END
    END
    IF @Module = 3 AND @PostStatus < $(LedgerPosted)
    BEGIN
        EXEC dbo.spglJournalRgstr @iBatchKey = @BatchKey, @iSessionID = @Session,
            @oRetVal = @Ret OUTPUT;
        IF ISNULL(@Ret, -1) <> 0 EXEC tieout.StepFailed @BatchKey, 'spglJournalRgstr', @Ret;
        EXEC dbo.spglGeneralJrnlPostAll @iCompanyID = @Company, @iBatchKey = @BatchKey,
            @iFullGL = 0, @iCommitFlag = 1, @oRetVal = @Ret OUTPUT;
        IF ISNULL(@Ret, 0) = 3
            EXEC tieout.Refuse 'period_closed', N'The fiscal period of the batch is closed.';
        IF ISNULL(@Ret, 0) <> 1 EXEC tieout.StepFailed @BatchKey, 'spglGeneralJrnlPostAll', @Ret;
    END
    IF @Module = 5 AND @PostStatus < $(ModulePosted)
    BEGIN
        EXEC dbo.spciModPost @iBatchKey = @BatchKey, @iSessionID = @Session,
            @iSourceModule = @Module, @oRetVal = @Ret OUTPUT;
        IF ISNULL(@Ret, -1) <> 0 EXEC tieout.StepFailed @BatchKey, 'spciModPost', @Ret;
    END
    IF @Module = 5 AND @PostStatus < $(LedgerPosted)
    BEGIN
        EXEC dbo.spciGLPost @iBatchKey = @BatchKey, @iSessionID = @Session,
            @iSourceModule = @Module, @oRetVal = @Ret OUTPUT;
        IF ISNULL(@Ret, -1) <> 0 EXEC tieout.StepFailed @BatchKey, 'spciGLPost', @Ret;
    END
    IF NOT EXISTS (SELECT 1 FROM dbo.tciBatchLog WHERE BatchKey = @BatchKey AND Status = 6)
    BEGIN
        EXEC dbo.spciModCleanup @iBatchKey = @BatchKey, @iSessionID = @Session,
            @iSourceModule = @Module, @oRetVal = @Ret OUTPUT;
        IF ISNULL(@Ret, -1) <> 0 EXEC tieout.StepFailed @BatchKey, 'spciModCleanup', @Ret;
    END
    SELECT @Status = Status FROM dbo.tciBatchLog WHERE BatchKey = @BatchKey;
    IF @Status <> 6 EXEC tieout.StepFailed @BatchKey, 'The posting', @Status;
END
GO
CREATE OR ALTER PROCEDURE tieout.PostBatch
    @iKey nvarchar(400), @iHash nvarchar(100), @iCompanyID varchar(10), @iBatchKey int,
    @iCount int, @iAmount decimal(28,10), @oStatus int OUTPUT, @oCode varchar(40) OUTPUT,
    @oMessage nvarchar(255) OUTPUT, @oPostStatus int OUTPUT
AS
BEGIN
    SET NOCOUNT, XACT_ABORT ON;
    DECLARE @Currency varchar(3), @Module int, @Type int, @Status int, @BatchID varchar(15),
        @PostDate datetime, @Documents int, @Total decimal(28,3), @Reason nvarchar(400),
        @Lock nvarchar(255) = CONCAT(N'tieout post ', @iBatchKey), @Locked int = -1,
        @DocKey int, @DocNo varchar(15);
    SELECT @oCode = '', @oMessage = N'', @oPostStatus = NULL;
    BEGIN TRY
        EXEC @Locked = sp_getapplock @Resource = @Lock, @LockMode = 'Exclusive',
            @LockOwner = 'Session', @LockTimeout = 60000;
        IF @Locked < 0 THROW 50501, N'Another session posts this batch.', 1;
        BEGIN TRANSACTION;
        EXEC tieout.KnownKey @iKey, @iHash, @iCompanyID, 'batch_post', @oStatus OUTPUT,
            @DocKey OUTPUT, @DocNo OUTPUT;
        COMMIT TRANSACTION;
        SELECT @Status = l.Status, @oPostStatus = l.PostStatus, @Type = l.BatchType,
            @BatchID = l.BatchID, @PostDate = l.PostDate, @Module = t.ModuleNo
        FROM dbo.tciBatchLog l JOIN dbo.tciBatchType t ON t.BatchType = l.BatchType
        WHERE l.BatchKey = @iBatchKey AND l.SourceCompanyID = @iCompanyID;
        IF @oStatus IS NULL
        BEGIN
            SET @Reason = CONCAT(N'There is no company ', @iCompanyID, N'.');
            IF NOT EXISTS (SELECT 1 FROM dbo.tsmCompany WHERE CompanyID = @iCompanyID)
                EXEC tieout.Refuse 'company_unknown', @Reason;
            SET @Reason = CONCAT(N'Company ', @iCompanyID, N' has no batch ', @iBatchKey, N'.');
            IF @Status IS NULL EXEC tieout.Refuse 'batch_unknown', @Reason;
            EXEC tieout.RequireCompany @iCompanyID, @Module, @Currency OUTPUT;
            SELECT @Documents = COUNT(*), @Total = ISNULL(SUM(d.Amount), 0) FROM (
                SELECT ABS(TranAmt) AS Amount FROM $(PendPmt) WHERE BatchKey = @iBatchKey
                UNION ALL SELECT ABS(TranAmt) FROM dbo.tarCustPmt WHERE BatchKey = @iBatchKey
                UNION ALL SELECT ABS(TranAmt) FROM dbo.tarPendInvoice WHERE BatchKey = @iBatchKey
                UNION ALL SELECT ABS(TranAmt) FROM dbo.tarInvoice WHERE BatchKey = @iBatchKey
                UNION ALL SELECT PmtAmt FROM $(PendAppl)
                    WHERE BatchKey = @iBatchKey AND AppliedAtCreation = 0
                UNION ALL SELECT PmtAmt FROM $(Appl)
                    WHERE BatchKey = @iBatchKey AND AppliedAtCreation = 0
                UNION ALL SELECT SUM(t.PostAmt) FROM dbo.tglJournalHdr h
                    JOIN dbo.tglJournalDetl t ON t.JrnlHdrKey = h.JrnlHdrKey AND t.PostAmt > 0
                    WHERE h.BatchKey = @iBatchKey GROUP BY h.JrnlHdrKey) d;
            SET @Reason = CONCAT(N'Batch ', @BatchID, N' holds ', @Documents, N' documents, ',
                @iCount, N' were expected.');
            IF @Documents <> @iCount EXEC tieout.Refuse 'count_differs', @Reason;
            SET @Reason = CONCAT(N'Batch ', @BatchID, N' holds ', @Total, N', ', @iAmount,
                N' was expected.');
            IF @Total <> @iAmount EXEC tieout.Refuse 'amount_differs', @Reason;
            SET @Reason = CONCAT(N'Batch ', @BatchID, N' has status ', @Status, N'.');
            IF @Status NOT IN (4, 5, 6) EXEC tieout.Refuse 'batch_not_open', @Reason;
            SET @oStatus = CASE WHEN @Status = 6 THEN 2 ELSE 1 END;
            IF @Status <> 6
            BEGIN
                IF @oPostStatus <= 200 EXEC tieout.RequirePeriod @iCompanyID, @PostDate;
                EXEC tieout.RunPosting @iBatchKey, @iCompanyID, @Currency, @Module, @Type,
                    @oPostStatus;
            END
            EXEC tieout.KeepKey @iKey, @iHash, @iCompanyID, 'batch_post', @iBatchKey, @BatchID,
                @iBatchKey, @iAmount;
        END
        SELECT @oPostStatus = PostStatus FROM dbo.tciBatchLog WHERE BatchKey = @iBatchKey;
        EXEC sp_releaseapplock @Resource = @Lock, @LockOwner = 'Session';
    END TRY
    BEGIN CATCH
        DECLARE @Number int = ERROR_NUMBER(), @Text nvarchar(4000) = ERROR_MESSAGE();
        IF XACT_STATE() <> 0 ROLLBACK TRANSACTION;
        IF @Locked >= 0 EXEC sp_releaseapplock @Resource = @Lock, @LockOwner = 'Session';
        IF @Number <> 50500
        BEGIN;
            THROW;
        END;
        EXEC tieout.Answer @Number, @Text, @oStatus OUTPUT, @oCode OUTPUT, @oMessage OUTPUT;
    END CATCH
END
GO
/* 8. A new customer ------------------------------------------------------------------------------
   Several tables are written: customer, address, contact, the customer's address with its terms.
   Where the database has an import procedure for customers, let "the rows of a new customer" below
   be its staging row and its call instead. What a customer needs besides (statement cycle and form,
   billing type, sales territory) is the class's to give: check what the product's own client fills
   and add those columns to the INSERT.                                                            */
/* The number that a new customer gets, kept for it until the transaction ends. */
CREATE OR ALTER PROCEDURE tieout.RequireNewNumber
    @Company varchar(10), @Wanted nvarchar(400), @Prefix nvarchar(400), @Digits int,
    @CustID varchar(12) OUTPUT AS
BEGIN
    DECLARE @Lock nvarchar(255) = CONCAT(N'tieout.CreateCustomer.', @Company), @Got int,
        @There nvarchar(100) = NULL, @Last bigint, @Reason nvarchar(400);
    SELECT @Wanted = LTRIM(RTRIM(ISNULL(@Wanted, N''))),
        @Prefix = LTRIM(RTRIM(ISNULL(@Prefix, N'')));
    IF (@Wanted = N'' AND (@Prefix = N'' OR ISNULL(@Digits, 0) < 1
            OR LEN(@Prefix) + @Digits > 12)) OR (@Wanted <> N'' AND @Prefix <> N'')
        EXEC tieout.Refuse 'customer_numbers', N'A new customer is given a number, or how numbers begin and how many digits follow, together at most 12 characters.';
    EXEC @Got = sp_getapplock @Resource = @Lock, @LockMode = 'Exclusive',
        @LockOwner = 'Transaction';
    IF @Got < 0 THROW 50501, N'Somebody else is making a customer of this company.', 1;
    IF @Wanted = N''
    BEGIN
        SELECT @Last = MAX(TRY_CONVERT(bigint, RIGHT(RTRIM(CustID), @Digits)))
            FROM dbo.tarCustomer WITH (UPDLOCK, HOLDLOCK)
            WHERE CompanyID = @Company AND LEN(RTRIM(CustID)) = LEN(@Prefix) + @Digits
                AND LEFT(CustID, LEN(@Prefix)) = @Prefix
                AND RIGHT(RTRIM(CustID), @Digits) NOT LIKE '%[^0-9]%';
        SET @Last = ISNULL(@Last, 0) + 1;
        SET @Reason = CONCAT(N'Company ', @Company, N' has no number of ', @Digits,
            N' digits left behind ', @Prefix, N'.');
        IF LEN(CONCAT(N'', @Last)) > @Digits EXEC tieout.Refuse 'customer_numbers', @Reason;
        SET @CustID = CONCAT(@Prefix, RIGHT(CONCAT(N'000000000000', @Last), @Digits));
        RETURN;
    END
    SELECT @There = CustName FROM dbo.tarCustomer WITH (UPDLOCK, HOLDLOCK)
        WHERE CompanyID = @Company AND CustID = @Wanted;
    SET @Reason = CONCAT(N'Company ', @Company, N' has a customer ', @Wanted, N' already: ',
        @There, N'.');
    IF @There IS NOT NULL EXEC tieout.Refuse 'customer_exists', @Reason;
    SET @CustID = @Wanted;
END
GO
CREATE OR ALTER PROCEDURE tieout.CreateCustomer
    @iKey nvarchar(400), @iHash nvarchar(100), @iCompanyID varchar(10), @iCustID nvarchar(400),
    @iNumberPrefix nvarchar(400), @iNumberDigits int, @iName nvarchar(4000),
    @iEMail nvarchar(4000), @iPhone nvarchar(4000), @iAddrLine1 nvarchar(4000),
    @iAddrLine2 nvarchar(4000), @iAddrLine3 nvarchar(4000), @iCity nvarchar(4000),
    @iStateID nvarchar(400), @iPostalCode nvarchar(400), @iCountryID nvarchar(400),
    @iCustRefNo nvarchar(4000), @iCustClassID nvarchar(400), @iPmtTermsID nvarchar(400),
    @iDateEstab date, @iUserID nvarchar(400), @oStatus int OUTPUT, @oCode varchar(40) OUTPUT,
    @oMessage nvarchar(255) OUTPUT, @oDocKey int OUTPUT, @oCustID varchar(12) OUTPUT
AS
BEGIN
    SET NOCOUNT, XACT_ABORT ON;
    DECLARE @Currency varchar(3), @Class int = NULL, @Terms int = NULL, @Address int,
        @Contact int, @Reason nvarchar(400), @DocNo varchar(15);
    SELECT @oCode = '', @oMessage = N'', @oDocKey = NULL, @oCustID = NULL;
    BEGIN TRY
        BEGIN TRANSACTION;
        EXEC tieout.KnownKey @iKey, @iHash, @iCompanyID, 'customer', @oStatus OUTPUT,
            @oDocKey OUTPUT, @DocNo OUTPUT;
        SET @oCustID = @DocNo;
        IF @oStatus IS NULL
        BEGIN
            EXEC tieout.RequireCompany @iCompanyID, 5, @Currency OUTPUT;
            EXEC tieout.RequireText N'The customer number', @iCustID, 12;
            EXEC tieout.RequireText N'The name', @iName, 40;
            EXEC tieout.RequireText N'The e-mail address', @iEMail, 256;
            EXEC tieout.RequireText N'The telephone number', @iPhone, 17;
            EXEC tieout.RequireText N'The first address line', @iAddrLine1, 40;
            EXEC tieout.RequireText N'The second address line', @iAddrLine2, 40;
            EXEC tieout.RequireText N'The third address line', @iAddrLine3, 40;
            EXEC tieout.RequireText N'The city', @iCity, 20;
            EXEC tieout.RequireText N'The state', @iStateID, 3;
            EXEC tieout.RequireText N'The post code', @iPostalCode, 10;
            EXEC tieout.RequireText N'The country', @iCountryID, 3;
            EXEC tieout.RequireText N'The reference', @iCustRefNo, 15;
            EXEC tieout.RequireText N'The user', @iUserID, 30;
            IF LTRIM(ISNULL(@iName, N'')) = N''
                EXEC tieout.Refuse 'customer_unknown', N'A new customer needs a name.';
            IF ISNULL(@iCustClassID, N'') = N''
                SELECT @Class = $(DfltClassColumn) FROM dbo.tarOptions
                    WHERE CompanyID = @iCompanyID;
            ELSE
                SELECT @Class = CustClassKey FROM $(CustClass)
                    WHERE CompanyID = @iCompanyID AND CustClassID = @iCustClassID;
            SET @Reason = CONCAT(N'Company ', @iCompanyID, N' has no customer class ',
                ISNULL(NULLIF(@iCustClassID, N''), N'of its own for new customers'), N'.');
            IF @Class IS NULL EXEC tieout.Refuse 'customer_setup_missing', @Reason;
            SELECT @Terms = PmtTermsKey FROM $(CustClass) WHERE CustClassKey = @Class;
            IF ISNULL(@iPmtTermsID, N'') <> N''
            BEGIN
                SET @Terms = NULL;
                SELECT @Terms = PmtTermsKey FROM $(PmtTerms)
                    WHERE CompanyID = @iCompanyID AND PmtTermsID = @iPmtTermsID;
                SET @Reason = CONCAT(N'Company ', @iCompanyID, N' has no payment terms ',
                    @iPmtTermsID, N'.');
                IF @Terms IS NULL EXEC tieout.Refuse 'customer_setup_missing', @Reason;
            END
            EXEC tieout.RequireNewNumber @iCompanyID, @iCustID, @iNumberPrefix, @iNumberDigits,
                @oCustID OUTPUT;

            /* the rows of a new customer */
            EXEC tieout.NextKey 'tarCustomer', @oDocKey OUTPUT;
            EXEC tieout.NextKey '$(AddressName)', @Address OUTPUT;
            EXEC tieout.NextKey '$(ContactName)', @Contact OUTPUT;
            INSERT dbo.$(AddressName) (AddrKey, AddrName, AddrLine1, AddrLine2, AddrLine3, City,
                    StateID, CountryID, PostalCode)
                VALUES (@Address, @iName, ISNULL(@iAddrLine1, N''), ISNULL(@iAddrLine2, N''),
                    ISNULL(@iAddrLine3, N''), ISNULL(@iCity, N''), ISNULL(@iStateID, N''),
                    ISNULL(@iCountryID, N''), ISNULL(@iPostalCode, N''));
            INSERT dbo.$(ContactName) (CntctKey, Name, $(EMailColumn), Phone)
                VALUES (@Contact, @iName, ISNULL(@iEMail, N''), ISNULL(@iPhone, N''));
            INSERT dbo.tarCustomer (CustKey, CustID, CompanyID, CustName, CustRefNo, CustClassKey,
                    Status, Hold, CreditLimit, CreditLimitUsed, DfltBillToAddrKey,
                    DfltShipToAddrKey, PrimaryAddrKey, PrimaryCntctKey, DfltSalesAcctKey,
                    DfltSalesReturnAcctKey, BillingType, AllowCustRefund, AllowWriteOff, ReqPO,
                    PrintDunnMsg, TradeDiscPct, FinChgFlatAmt, FinChgPct, RetntPct, ShipPriority,
                    DateEstab, CreateType, CreateDate, CreateUserID, UpdateCounter)
                SELECT @oDocKey, @oCustID, @iCompanyID, @iName, ISNULL(@iCustRefNo, N''), @Class,
                    1, 0, 0, 0, @Address, @Address, @Address, @Contact, k.DfltSalesAcctKey,
                    k.DfltSalesReturnAcctKey, $(BillingType), 0, 0, 0, 0, 0, 0, 0, 0, 3,
                    @iDateEstab, 7, GETDATE(), @iUserID, 0
                FROM $(CustClass) k WHERE k.CustClassKey = @Class;
            INSERT $(CustAddr) (AddrKey, CustKey, CustAddrID, PmtTermsKey)
                VALUES (@Address, @oDocKey, @oCustID, @Terms);
            /* the end of the rows of a new customer */

            EXEC tieout.KeepKey @iKey, @iHash, @iCompanyID, 'customer', @oDocKey, @oCustID, 0,
                NULL;
            SET @oStatus = 1;
        END
        COMMIT TRANSACTION;
    END TRY
    BEGIN CATCH
        DECLARE @Number int = ERROR_NUMBER(), @Text nvarchar(4000) = ERROR_MESSAGE();
        IF XACT_STATE() <> 0 ROLLBACK TRANSACTION;
        IF @Number <> 50500
        BEGIN;
            THROW;
        END;
        SELECT @oDocKey = NULL, @oCustID = NULL;
        EXEC tieout.Answer @Number, @Text, @oStatus OUTPUT, @oCode OUTPUT, @oMessage OUTPUT;
    END CATCH
END
GO
/* 9. An invoice with its lines ---------------------------------------------------------------------
   How the product's own client enters an invoice is not public: the rows stand between two comments,
   so that a database with an import procedure for invoices has its staging rows and its call there.
   Posting them, and what leaves the warehouse, is the product's own.                               */
CREATE OR ALTER PROCEDURE tieout.CreateInvoice
    @iKey nvarchar(400), @iHash nvarchar(100), @iCompanyID varchar(10), @iBatchKey int,
    @iCustID nvarchar(400), @iTranDate date, @iAmount decimal(28,10), @iCurrID nvarchar(20),
    @iReference nvarchar(4000), @iComment nvarchar(4000), @iLines nvarchar(max),
    @oStatus int OUTPUT, @oCode varchar(40) OUTPUT, @oMessage nvarchar(255) OUTPUT,
    @oDocKey int OUTPUT, @oTranID varchar(13) OUTPUT
AS
BEGIN
    SET NOCOUNT, XACT_ABORT ON;
    DECLARE @Currency varchar(3), @Digits int, @PostDate datetime, @Seq int, @UserID varchar(30),
        @CustKey int, @Type int, @TranNo varchar(10), @DocNo varchar(15), @Bad nvarchar(400),
        @Count int, @Total decimal(28,10), @Tax decimal(28,10), @Entry int, @LineKey int,
        @DistKey int;
    DECLARE @Lines TABLE (Entry int IDENTITY(1,1) PRIMARY KEY, Description nvarchar(4000),
        Item nvarchar(4000), Account nvarchar(4000), TaxCode nvarchar(4000),
        QuantityText nvarchar(4000), AmountText nvarchar(4000), Quantity decimal(28,10) NULL,
        Amount decimal(28,10) NULL, ItemKey int NULL, AcctKey int NULL);
    SELECT @oCode = '', @oMessage = N'', @oDocKey = NULL, @oTranID = NULL;
    BEGIN TRY
        BEGIN TRANSACTION;
        EXEC tieout.KnownKey @iKey, @iHash, @iCompanyID, 'invoice', @oStatus OUTPUT,
            @oDocKey OUTPUT, @DocNo OUTPUT;
        SET @oTranID = @DocNo;
        IF @oStatus IS NULL
        BEGIN
            EXEC tieout.RequireCompany @iCompanyID, 5, @Currency OUTPUT;
            EXEC tieout.RequireText N'The reference', @iReference, 15;
            EXEC tieout.RequireText N'The comment', @iComment, 50;
            EXEC tieout.RequireBatch @iCompanyID, @iBatchKey, '$(InvoiceBatch)', @PostDate OUTPUT,
                @Seq OUTPUT, @UserID OUTPUT;
            EXEC tieout.RequireAmount @Currency, @iCurrID, @iAmount;
            EXEC tieout.RequireCustomer @iCompanyID, @iCustID, @CustKey OUTPUT;
            SELECT @Digits = DigitsAfterDecimal FROM dbo.tmcCurrency WHERE CurrID = @Currency;
            IF ISJSON(@iLines) = 0
                EXEC tieout.Refuse 'invoice_unbalanced', N'The lines cannot be read.';
            INSERT @Lines (Description, Item, Account, TaxCode, QuantityText, AmountText)
                SELECT ISNULL(JSON_VALUE(value, '$.description'), N''),
                    ISNULL(JSON_VALUE(value, '$.item'), N''),
                    ISNULL(JSON_VALUE(value, '$.account'), N''),
                    ISNULL(JSON_VALUE(value, '$.tax_code'), N''),
                    ISNULL(JSON_VALUE(value, '$.quantity'), N''),
                    ISNULL(JSON_VALUE(value, '$.amount'), N'')
                FROM OPENJSON(@iLines) ORDER BY TRY_CONVERT(int, [key]);
            UPDATE @Lines SET
                Amount = CASE WHEN AmountText NOT LIKE N'%[^0-9.-]%' AND AmountText <> N''
                    THEN TRY_CONVERT(decimal(28,10), AmountText) END,
                Quantity = CASE WHEN QuantityText NOT LIKE N'%[^0-9.]%' AND QuantityText <> N''
                    AND CHARINDEX(N'.', REVERSE(QuantityText)) < 10
                    THEN TRY_CONVERT(decimal(28,10), QuantityText) END;
            SET @Bad = NULL;
            SELECT TOP (1) @Bad = CONCAT(N'Line ', Entry, N' comes to ', LEFT(AmountText, 40),
                    N': an amount has at most ', @Digits, N' decimals.')
                FROM @Lines WHERE Amount IS NULL OR Amount <> ROUND(Amount, @Digits)
                    OR ABS(Amount) >= 1000000000000 ORDER BY Entry;
            IF @Bad IS NOT NULL EXEC tieout.Refuse 'amount_invalid', @Bad;
            SELECT TOP (1) @Bad = CONCAT(N'Line ', Entry, N' has the quantity ',
                    LEFT(QuantityText, 40), N'.')
                FROM @Lines WHERE ISNULL(Quantity, 0) <= 0 OR Quantity >= 100000000 ORDER BY Entry;
            IF @Bad IS NOT NULL EXEC tieout.Refuse 'quantity_invalid', @Bad;
            SELECT TOP (1) @Bad = CONCAT(N'Line ', Entry,
                    N': the item holds 30 characters, the description 40, the tax code 15.')
                FROM @Lines WHERE LEN(Item + N'|') > 31 OR LEN(Description + N'|') > 41
                    OR LEN(TaxCode + N'|') > 16 ORDER BY Entry;
            IF @Bad IS NOT NULL EXEC tieout.Refuse 'text_too_long', @Bad;
            SELECT TOP (1) @Bad = CONCAT(N'Line ', Entry,
                    N' has characters that the database cannot keep.')
                FROM @Lines WHERE CAST(CAST(CONCAT(Description, TaxCode) AS varchar(8000)) AS
                    nvarchar(4000)) <> CONCAT(Description, TaxCode) COLLATE Latin1_General_BIN2
                ORDER BY Entry;
            IF @Bad IS NOT NULL EXEC tieout.Refuse 'text_too_long', @Bad;
            UPDATE l SET ItemKey = i.ItemKey FROM @Lines l
                JOIN $(Item) i ON i.CompanyID = @iCompanyID
                    AND i.ItemID = l.Item COLLATE Latin1_General_BIN2;
            SELECT TOP (1) @Bad = CONCAT(N'Company ', @iCompanyID, N' has no item ', Item, N'.')
                FROM @Lines WHERE Item <> N'' AND ItemKey IS NULL ORDER BY Entry;
            IF @Bad IS NOT NULL EXEC tieout.Refuse 'item_unknown', @Bad;
            UPDATE l SET AcctKey = a.GLAcctKey FROM @Lines l
                JOIN dbo.tglAccount a ON a.CompanyID = @iCompanyID AND a.GLAcctNo = l.Account;
            SELECT TOP (1) @Bad = CONCAT(N'Company ', @iCompanyID, N' has no account ',
                    LEFT(Account, 100), N'.') FROM @Lines WHERE AcctKey IS NULL ORDER BY Entry;
            IF @Bad IS NOT NULL EXEC tieout.Refuse 'account_unknown', @Bad;
            SELECT @Count = COUNT(*), @Total = ISNULL(SUM(Amount), 0),
                @Tax = ISNULL(SUM(CASE WHEN TaxCode <> N'' THEN Amount END), 0) FROM @Lines;
            SET @Bad = CONCAT(N'The ', @Count, N' lines come to ', @Total, N', the invoice is ',
                @iAmount, N'.');
            IF @Count = 0 OR @Total <> @iAmount EXEC tieout.Refuse 'invoice_unbalanced', @Bad;

            /* the rows of a new invoice */
            EXEC tieout.NextKey 'tarInvoice', @oDocKey OUTPUT;
            SET @Entry = 1;
            WHILE @Entry <= @Count
            BEGIN
                EXEC tieout.NextKey '$(InvoiceLine)', @LineKey OUTPUT;
                EXEC tieout.NextKey '$(InvoiceDist)', @DistKey OUTPUT;
                INSERT dbo.$(InvoiceLine) (InvoiceLineKey, InvcKey, SeqNo, ItemKey, Description,
                        ExtCmnt, CmntOnly, UnitPrice, ExtAmt)
                    SELECT @LineKey, @oDocKey, Entry, ItemKey, Description, TaxCode, 0,
                        ROUND(Amount / Quantity, 5), Amount FROM @Lines WHERE Entry = @Entry;
                INSERT dbo.$(InvoiceDist) (InvoiceLineDistKey, InvoiceLineKey, GLAcctKey,
                        QtyShipped, ExtAmt)
                    SELECT @DistKey, @LineKey, AcctKey, Quantity, Amount FROM @Lines
                    WHERE Entry = @Entry;
                SET @Entry = @Entry + 1;
            END
            EXEC tieout.NextTranNo @iCompanyID, '$(InvoiceTran)', @Type OUTPUT, @TranNo OUTPUT,
                @oTranID OUTPUT;
            INSERT dbo.tarPendInvoice (InvcKey, CompanyID, CustKey, BatchKey, TranType, TranNo,
                    TranID, TranDate, TranAmt, TranAmtHC, SalesAmt, STaxAmt, CurrID, CurrExchRate,
                    CustPONo, TranCmnt, CreateType, CreateDate, CreateUserID)
                VALUES (@oDocKey, @iCompanyID, @CustKey, @iBatchKey, @Type, @TranNo, @oTranID,
                    @iTranDate, @iAmount, @iAmount, @iAmount - @Tax, @Tax, @iCurrID, 1,
                    ISNULL(@iReference, N''), ISNULL(@iComment, N''), 7, GETDATE(), @UserID);
            /* the end of the rows of a new invoice */

            UPDATE dbo.tarBatch SET TranCtrl = TranCtrl + @iAmount WHERE BatchKey = @iBatchKey;
            EXEC tieout.KeepKey @iKey, @iHash, @iCompanyID, 'invoice', @oDocKey, @oTranID,
                @iBatchKey, @iAmount;
            SET @oStatus = 1;
        END
        COMMIT TRANSACTION;
    END TRY
    BEGIN CATCH
        DECLARE @Number int = ERROR_NUMBER(), @Text nvarchar(4000) = ERROR_MESSAGE();
        IF XACT_STATE() <> 0 ROLLBACK TRANSACTION;
        IF @Number <> 50500
        BEGIN;
            THROW;
        END;
        SELECT @oDocKey = NULL, @oTranID = NULL;
        EXEC tieout.Answer @Number, @Text, @oStatus OUTPUT, @oCode OUTPUT, @oMessage OUTPUT;
    END CATCH
END
GO
/* What is there of each item in each warehouse: on hand less committed, in the item's stock unit.
   The product's tables of stock are not public: let this view say where yours stands. Items that
   are not in it are not kept in stock. Where module IM is not used, take the view and its GRANT below
   out of this script and let the connector's setting "Read the stock" say no.                      */
CREATE OR ALTER VIEW tieout.StockLevel AS
    SELECT i.CompanyID, i.ItemID, w.WhseID, s.$(OnHandColumn) - s.$(CommittedColumn) AS Available
    FROM $(Stock) s
    JOIN $(Item) i ON i.ItemKey = s.ItemKey
    JOIN $(Warehouse) w ON w.WhseKey = s.WhseKey;
GO
/* Rights: the nine procedures and the look-up, for a role of their own. Helpers stay closed; they
   run by ownership (schema tieout belongs to dbo), and so do Sage's own procedures and tables. */
IF DATABASE_PRINCIPAL_ID('tieout_connector') IS NULL CREATE ROLE tieout_connector;
GRANT EXECUTE ON tieout.OpenBatch TO tieout_connector;
GRANT EXECUTE ON tieout.CreateCashReceipt TO tieout_connector;
GRANT EXECUTE ON tieout.CreateJournal TO tieout_connector;
GRANT EXECUTE ON tieout.CreateCreditMemo TO tieout_connector;
GRANT EXECUTE ON tieout.ApplyReceipt TO tieout_connector;
GRANT EXECUTE ON tieout.ReverseCashReceipt TO tieout_connector;
GRANT EXECUTE ON tieout.PostBatch TO tieout_connector;
GRANT EXECUTE ON tieout.CreateCustomer TO tieout_connector;
GRANT EXECUTE ON tieout.CreateInvoice TO tieout_connector;
GRANT SELECT ON tieout.PostingKey TO tieout_connector;
GRANT SELECT ON tieout.StockLevel TO tieout_connector;
GO
