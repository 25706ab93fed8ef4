"""A bank statement, and as a CSV file. Pure but for the writing, which is all or nothing."""

import csv
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

HEAD = ("date", "description", "reference", "amount", "balance")


@dataclass(frozen=True, slots=True)
class Line:
    """One movement; `amount` is positive into the account, `balance` is after it."""

    id: int
    booked_on: date
    description: str
    reference: str
    amount: Decimal
    balance: Decimal


def file_name(day: date, suffix: str = ".csv") -> str:
    return f"statement-{day:%Y-%m-%d}{suffix}"


def as_csv(lines: Iterable[Line], damaged: int | None = None) -> str:
    """The statement's text; the line with the id `damaged` has an amount nobody can read."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEAD)
    for line in lines:
        amount = f"{line.amount:.2f}"
        if line.id == damaged:
            amount = f"{amount[:-2]}#{amount[-1]}"
        writer.writerow(
            (f"{line.booked_on}", line.description, line.reference, amount, f"{line.balance:.2f}")
        )
    return text.getvalue()


def deliver(folder: Path, name: str, text: str) -> Path:
    """Put the statement into the drop folder; whoever watches it never sees half of one."""
    folder.mkdir(parents=True, exist_ok=True)
    path, draft = folder / name, folder / f".{name}.part"
    with draft.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return path


def deliver_badly(folder: Path, name: str, text: str, kind: str | None) -> None:
    """As the fault says: twice, under another name, half, not yet, touched, newest line first.

    What is amiss is delivered as it should be at the next occasion. Of a CSV file alone can the
    lines be turned round; the other formats have an order of their own.
    """
    if kind == "late":
        return
    if kind == "half":
        text = text[: len(text) // 2]
    if kind == "newest_first" and name.endswith(".csv"):
        head, *lines = text.splitlines(keepends=True)
        text = "".join([head, *reversed(lines)])
    path = deliver(folder, name, text)
    if kind == "again":
        deliver(folder, f"{path.stem}-copy{path.suffix}", text)
    if kind == "other_name":
        path.rename(path.with_name(f"a-{path.name}"))
    if kind == "touch":
        os.utime(path, (0, 0))
