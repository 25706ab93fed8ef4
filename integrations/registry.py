"""Every connector there is: what it is called, what it can do, what it wants to know.

The only place that names connectors. A factory is a dotted path, so that a driver is loaded only
where a connection uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol, cast

from integrations.connectors.bank_csv.config import BankCsvSettings
from integrations.connectors.bank_file.config import BankFileSettings
from integrations.connectors.orders.config import OrdersSettings
from integrations.connectors.paytrace.config import PayTraceSettings
from integrations.connectors.sage500.config import Sage500Settings
from integrations.connectors.sage500.targets import TARGETS as SAGE500_TARGETS
from integrations.contracts import Capability, Connector
from integrations.errors import ConfigError
from integrations.targets import TargetField


class SettingsClass(Protocol):
    """A frozen dataclass of `option()` fields; see integrations.options."""

    def from_mapping(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> Any:
        """Raises ConfigError that names the setting in words."""
        ...


@dataclass(frozen=True, slots=True)
class ConnectorInfo:
    """`factory` is "module:function", called with the settings, `sandbox` and `on_request`.

    `targets` are the fields of its documents; a connector that posts none declares none.
    `webhook_kind` and `file_kind` are the kinds of document that its signed webhooks and the files
    which people upload are: a hint is believed only once the vendor's own read confirms it.
    """

    label: str
    factory: str
    capabilities: frozenset[Capability]
    settings_class: type[Any]
    targets: tuple[TargetField, ...] = ()
    webhook_kind: str = "hint"
    file_kind: str = "statement"

    @property
    def reads_settings(self) -> SettingsClass:
        return cast(SettingsClass, self.settings_class)


CONNECTORS: Final[Mapping[str, ConnectorInfo]] = {
    "paytrace": ConnectorInfo(
        label="PayTrace",
        factory="integrations.connectors.paytrace.connector:create",
        capabilities=frozenset({Capability.TRANSACTIONS, Capability.BATCHES, Capability.DAYS}),
        settings_class=PayTraceSettings,
    ),
    "sage500": ConnectorInfo(
        label="Sage 500",
        factory="integrations.connectors.sage500.connector:create",
        capabilities=frozenset(
            {
                Capability.OPEN_ITEMS,
                Capability.CUSTOMERS,
                Capability.POST,
                Capability.NEW_CUSTOMERS,
                Capability.LEDGER,
                Capability.STANDING,
                Capability.INVOICES,
                Capability.STOCK,
                Capability.ORDERS,
            }
        ),
        settings_class=Sage500Settings,
        targets=SAGE500_TARGETS,
    ),
    "bank_csv": ConnectorInfo(
        label="Bank statements (CSV files)",
        factory="integrations.connectors.bank_csv.connector:create",
        capabilities=frozenset({Capability.STATEMENTS}),
        settings_class=BankCsvSettings,
    ),
    "bank_file": ConnectorInfo(
        label="Bank statements (BAI2, CAMT.053, OFX)",
        factory="integrations.connectors.bank_file.connector:create",
        capabilities=frozenset({Capability.STATEMENTS}),
        settings_class=BankFileSettings,
    ),
    "orders": ConnectorInfo(
        label="Orders of a shop",
        factory="integrations.connectors.orders.connector:create",
        capabilities=frozenset({Capability.SHOP_ORDERS}),
        settings_class=OrdersSettings,
        webhook_kind="order",
        file_kind="orders",
    ),
}


@dataclass(frozen=True, slots=True)
class PairTemplate:
    """A rule set to begin with, shipped as a file beside the connectors.

    `post_on` is the pair's setting that it goes with, empty where it goes with every one.
    """

    label: str
    gateway: str
    erp: str
    file: str
    post_on: str = ""

    def text(self) -> str:
        return (_TEMPLATE_FOLDER / self.file).read_text(encoding="utf-8")


_TEMPLATE_FOLDER: Final = Path(__file__).parent / "connectors" / "templates"
#: By the name under which people ask for one; a new pair brings its own here.
PAIR_TEMPLATES: Final[Mapping[str, PairTemplate]] = {
    "paytrace-sage500": PairTemplate(
        "PayTrace and Sage 500, receipts when a batch settles",
        "paytrace",
        "sage500",
        "paytrace-sage500.yaml",
        "settled",
    ),
    "paytrace-sage500-captured": PairTemplate(
        "PayTrace and Sage 500, receipts when a payment is captured",
        "paytrace",
        "sage500",
        "paytrace-sage500-captured.yaml",
        "captured",
    ),
}


def templates_for(gateway: str, erp: str, post_on: str = "") -> dict[str, PairTemplate]:
    """The templates that go with connectors, and with when receipts are posted."""
    return {
        name: each
        for name, each in PAIR_TEMPLATES.items()
        if (each.gateway, each.erp) == (gateway, erp) and each.post_on in ("", post_on)
    }


def info_of(code: str) -> ConnectorInfo:
    """Raises ConfigError for a code that names no connector."""
    try:
        return CONNECTORS[code]
    except KeyError:
        raise ConfigError(f"There is no connector {code[:40]!r}.", setting="connector") from None


def build(
    code: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
    sandbox: bool,
    on_request: Callable[[], None] | None = None,
) -> Connector:
    """A connector ready for use; the caller closes it. Raises ConfigError.

    `on_request` is called before every request to the vendor and may raise ThrottledError.
    """
    info = info_of(code)
    read = info.reads_settings.from_mapping(settings, secrets)
    module, _, function = info.factory.partition(":")
    create = getattr(import_module(module), function)
    return cast(Connector, create(read, sandbox=sandbox, on_request=on_request))
