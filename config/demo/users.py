"""The demo's log-ins. Production refuses to start while any of them exists."""

from typing import Final

# Shown in the terminal: these open the demo and nothing else.
PASSWORD: Final = "tie-out-the-ledger"
USERS: Final = {
    "demo-finance": "works on transactions, batches and exceptions",
    "demo-approver": "approves what others propose",
    "demo-admin": "sets up connections and rules",
    "demo-auditor": "reads everything and changes nothing",
}
