"""A bank statement as a CSV file. Pure but for the writing, which is all or nothing."""

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


def file_name(day: date) -> str:
    return f"statement-{day:%Y-%m-%d}.csv"


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


def deliver(folder: Path, day: date, text: str) -> Path:
    """Put the statement into the drop folder; whoever watches it never sees half of one."""
    folder.mkdir(parents=True, exist_ok=True)
    path, draft = folder / file_name(day), folder / f".{file_name(day)}.part"
    with draft.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return path
