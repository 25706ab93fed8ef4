"""One run of the demo: what it is called, what it was begun with, and where its things are."""

import hashlib
import os
import re
import stat
import time
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from config.demo.databases import Databases, addresses
from config.demo.errors import DemoError
from config.demo.files import read_json, write_json
from config.demo.ports import HOST
from integrations.choices import PostOn
from integrations.sandbox.chaos.schedule import Load
from integrations.sandbox.world.invoices import read_invoices
from integrations.sandbox.world.kinds import Planted
from integrations.sandbox.world.manifest import Payments, manifest, payments
from integrations.sandbox.world.plan import Exceptions, Plan, make_plan
from integrations.sandbox.world.statement_styles import CSV

SAMPLE = Path(__file__).parent / "data" / "sample_invoices.csv"
# Renaming over a file costs a disk flush on common file systems; in memory it costs nothing.
MEMORY = Path("/dev/shm")  # noqa: S108  (the folder below it is ours alone, see _own_folder)
SUMMARY = "summary.json"
FAULT_LOG = "faults.jsonl"
NAME = re.compile(r"[a-z][a-z0-9_]{0,29}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run was begun with; it never changes. began_at: seconds since 1970, wall time.

    faults: random ones besides what is planted; below 1 the share of the vendors' calls that
    fails, from 1 on how many do. post_on: when receipts are entered, as a pair's setting says it.
    statements: the bank's style of them. database: where its data are, if not on the embedded
    server. orders: how many are made at a shop besides, 0 for no shop.
    """

    invoices: str
    invoices_sha256: str
    seed: int
    exceptions: str
    began_at: float
    faults: float = 0.0
    post_on: str = PostOn.SETTLED.value
    statements: str = CSV
    database: str = ""
    orders: int = 0

    @property
    def fingerprint(self) -> str:
        own = f"{self.invoices_sha256}/{self.seed}/{self.exceptions}/{self.faults:g}"
        own = own if self.post_on == PostOn.SETTLED else f"{own}/{self.post_on}"
        own = own if self.statements == CSV else f"{own}/{self.statements}"
        return f"{own}/{self.orders} orders" if self.orders else own


@dataclass(frozen=True)
class DemoRun:
    """Everything that the demo's processes have to know of each other.

    web_url, gateway_url: where hub and PayTrace sandbox listen in this life of the run.
    """

    name: str
    home: Path
    terms: Terms
    databases: Databases
    web_port: int
    gateway_port: int
    gate_port: int = 0

    gateway_username = "sandbox-api-user"

    @property
    def gateway_password(self) -> str:
        """Of this run alone: whoever finds another run's sandbox on its port is not let in."""
        own = f"{self.folder}/{self.terms.began_at}"
        return f"sandbox-{hashlib.sha256(own.encode()).hexdigest()[:24]}"

    @property
    def folder(self) -> Path:
        return run_folder(self.home, self.name)

    @property
    def drop_folder(self) -> Path:
        """Where the bank leaves its statements."""
        return self.folder / "statements"

    @property
    def clock_file(self) -> Path:
        return clock_file(self.folder)

    @property
    def web_url(self) -> str:
        return f"http://{HOST}:{self.web_port}"

    @property
    def gateway_url(self) -> str:
        return f"http://{HOST}:{self.gateway_port}"

    @property
    def erp_url(self) -> str:
        """The ERP's database as the hub reaches it: with random faults, over a line that breaks."""
        if not self.terms.faults:
            return self.databases.sage500
        parts = urlsplit(self.databases.sage500)
        user = parts.netloc.rpartition("@")[0]
        netloc = f"{user}@{HOST}:{self.gate_port}" if user else f"{HOST}:{self.gate_port}"
        return urlunsplit(parts._replace(netloc=netloc, query=""))

    @property
    def load(self) -> Load:
        return Load(len(self.plan.actions), len(self.plan.days))

    @property
    def invoices(self) -> Path:
        return Path(self.terms.invoices)

    @property
    def exceptions(self) -> Exceptions:
        return Exceptions(self.terms.exceptions)

    @cached_property
    def plan(self) -> Plan:
        """What the payers do; made anew from the ERP's invoices and the seed."""
        accepted = read_invoices(self.databases.sage500)
        return make_plan(accepted, self.terms.seed, self.exceptions, self.terms.orders)

    def manifest(self) -> list[Planted]:
        """Every planted fault, as far as it has happened."""
        return manifest(self.databases.paytrace, self.plan)

    def payments(self) -> Payments:
        """What the gateway itself counts as paid."""
        return payments(self.databases.paytrace)

    def seconds(self) -> float:
        """Wall time since the run was begun."""
        return max(0.0, time.time() - self.terms.began_at)

    def peak_worker_mb(self) -> float:
        """The largest resident size that any worker process was seen with, in MB."""
        found = read_json(self.folder / "memory.json") or {}
        return float(found.get("peak_worker_mb", 0.0))

    def write_peak(self, megabytes: float) -> None:
        if megabytes > self.peak_worker_mb():
            write_json(self.folder / "memory.json", {"peak_worker_mb": round(megabytes, 1)})


def checked_name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise DemoError(
            f"--run must be lower-case letters, digits and _, at most 30, and not {text!r}."
        )
    return text


def run_folder(home: Path, name: str) -> Path:
    return home.resolve() / f"demo-{name}"


def clock_file(folder: Path) -> Path:
    """In memory where the system has such a place; a lost clock is set again by the world."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK):
        key = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        in_memory = MEMORY / f"tieout-{key}"
        if _own_folder(in_memory):
            return in_memory / "clock"
    return folder / "clock"


def _own_folder(path: Path) -> bool:
    """The name can be guessed, so a folder that somebody else made there is not used."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def new_terms(
    invoices: Path,
    seed: int,
    exceptions: str,
    faults: float = 0.0,
    post_on: str = PostOn.SETTLED.value,
    statements: str = CSV,
    orders: int = 0,
) -> Terms:
    """Raises DemoError when the file cannot be read."""
    try:
        with invoices.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DemoError(f"The invoices {invoices} cannot be read: {error.strerror}.") from error
    began_at = time.time()
    return Terms(
        invoices=str(invoices.resolve()),
        invoices_sha256=digest,
        seed=seed,
        exceptions=exceptions,
        began_at=began_at,
        faults=faults,
        post_on=post_on,
        statements=statements,
        orders=orders,
    )


def kept_terms(folder: Path) -> Terms | None:
    """What an earlier life of the run was begun with, once its data were complete."""
    content = read_json(folder / "terms.json")
    return Terms(**content) if content else None


def keep_terms(folder: Path, terms: Terms) -> None:
    write_json(folder / "terms.json", asdict(terms))


def describe(run: DemoRun) -> None:
    """Leave what the run's other processes read with `described`."""
    content = {
        "name": run.name,
        "home": str(run.home),
        "terms": asdict(run.terms),
        "web_port": run.web_port,
        "gateway_port": run.gateway_port,
        "gate_port": run.gate_port,
        "embedded": "TIEOUT_DATABASE_NAME" in run.databases.environment,
    }
    write_json(run.folder / "run.json", content)


def described(home: Path, name: str, database_url: str) -> DemoRun:
    """The run as its first process described it. Raises DemoError when there is none."""
    content = read_json(run_folder(home, name) / "run.json")
    if content is None:
        raise DemoError(f"There is no demo run {name}; `manage.py demo` begins one.")
    return DemoRun(
        name=name,
        home=home,
        terms=Terms(**content["terms"]),
        databases=addresses(name, home, database_url),
        web_port=int(content["web_port"]),
        gateway_port=int(content["gateway_port"]),
        gate_port=int(content["gate_port"]),
    )
