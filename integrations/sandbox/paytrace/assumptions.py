"""What PayTrace's public documents leave open, decided once. NOTES.md tells the same in prose.

Nothing here is a fact about PayTrace: a connector must not rely on it without a setting.
"""

from datetime import time
from zoneinfo import ZoneInfo

# Time zone of created.at, settled, the batches' `when` and of the date ranges. Unknown; the
# auto-settle clock is documented as Pacific Time, so everything is.
ZONE = ZoneInfo("America/Los_Angeles")
# Documented default of the daily close. A transaction made at the very moment waits for the next.
CLOSE_AT = time(20, 0)

# HTTP status. Unknown; "non-200 with a JSON body" is the normal form of a failed request.
HTTP_APPROVED = 200
HTTP_DECLINED = 400
HTTP_REFUSED = 400
# Bad credentials (400 or 401 unknown) and a bad or expired bearer alike.
HTTP_UNAUTHORIZED = 401
HTTP_NO_SUCH_METHOD = 404

# Error numbers that public code shows.
ERROR_CUSTOMER_NOT_FOUND = "30"
ERROR_CARD_NUMBER = "35"
ERROR_EXPIRATION_MONTH = "43"
ERROR_EXPIRATION_YEAR = "44"
ERROR_TRANSACTION_ID = "58"
ERROR_CSC = "148"
ERROR_CUSTOMER_EXISTS = "171"
ERROR_NOT_SETTLED = "817"
ERROR_NO_PERMISSION = "981"
# Error numbers of our own choice, from 9001 up so that they cannot be taken for real ones.
ERROR_AMOUNT = "9001"  # missing, not a decimal, negative, zero where not allowed
ERROR_TEXT = "9002"  # a text field that is too long or no text
ERROR_DATE = "9003"  # a date that is not MM/DD/YYYY, or a range that ends before it starts
ERROR_TRANSACTION_TYPE = "9004"  # an unknown filter
ERROR_BATCH = "9005"  # no such batch
ERROR_NOT_VOIDABLE = "9006"  # settled, declined or voided already
ERROR_NOT_CAPTURABLE = "9007"  # no open authorization, or more than was authorized
ERROR_OVER_REFUND = "9008"  # more than is left of the sale
ERROR_BODY = "9009"  # no JSON object
ERROR_CUSTOMER_ID = "9010"  # missing on create

# Lengths. v3 documents 50 for ids and names and 255 for (ACH) descriptions; v1 is not known.
MAX_ID = 50
MAX_DESCRIPTION = 255
MAX_TEXT = 255

# A refund or capture code for failures exists (107, 110, 113); when it is used is not known.
# The simulator answers response code 1 with an error number instead.

# The masked number of the card on file is in the answer of a by_customer call too: unknown.

# A captured authorization keeps the type AUTHORIZATION in exports: the known filter values
# have no CAPTURE. Its amount is the captured one, its created.at that of the authorization.
# A voided sale keeps the type SALE; the filters VOID, SETTLED, PENDING, DECLINED ask for the
# state. by_date_range goes by created.at, without row limit or pages, ordered by id.
# including_text ignores case.

# Texts of status_message for code N; clients look for AUTH, VOID and DECL in it.
STATUS_PENDING = "Pending Settlement"
STATUS_AUTHORIZED = "AUTHORIZATION ONLY"
STATUS_VOIDED = "VOIDED"
STATUS_DECLINED = "DECLINED"
# The digits of GBnnnn, at least.
BATCH_DIGITS = 4

# What triggers what on this sandbox. 0.29 is seen in public tests against PayTrace; the rest
# is ours.
DECLINED_AMOUNT = "0.29"
DECLINED_CARDS = {
    "4000000000000002": "DECLINE",
    "4000000000000069": "EXPIRED CARD",
    "4000000000009995": "INSUFFICIENT FUNDS",
}
AUTO_VOID_CSCS = frozenset({"103", "1103"})  # approved, then voided: code 103

# Batch records: `number` is seen in a client; the rest are the name/value API's names in lower
# case. Amounts are decimal strings, `when` is written like `settled`. Per brand figures are
# under the brand's name. export_one without a number answers the latest batch.
BRANDS = ("visa", "mastercard", "amex", "discover", "diners", "jcb", "private")
