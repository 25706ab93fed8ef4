"""Whether a value goes into a field of the target: never cut, always said."""

from __future__ import annotations

from decimal import Decimal

from integrations.targets import FieldType, TargetField
from mapping.fields.values import Value, as_text


def unfit(target: TargetField, value: Value) -> str:
    """Why a value does not go into a field, in a sentence; empty where it does."""
    text = as_text(value)
    if not text.strip():
        return "It is empty, and the field is required." if target.is_required else ""
    if any(not letter.isprintable() for letter in text):
        return "It holds a character that is not printed, such as a line break."
    if target.type is FieldType.DECIMAL and not isinstance(value, Decimal):
        return f"“{text}” is no number."
    if target.type is FieldType.DATE and isinstance(value, str | Decimal):
        return f"“{text}” is no date."
    if target.type is FieldType.DATE:
        return ""
    length = len(text.strip("-").replace(".", "")) if isinstance(value, Decimal) else len(text)
    if target.type is FieldType.TEXT:
        length = len(text)
    if length > target.width:
        return (
            f"It has {length} characters, the field takes {target.width}:"
            f" {length - target.width} too many."
        )
    return ""
