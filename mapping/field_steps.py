"""The steps by which a person makes a formula on the field map: a small form each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, Final

from django import forms

from mapping.fields.building import joined, parts, transformed
from mapping.fields.formula import LONGEST, Expression, Field, FormulaError, Number, Text
from mapping.fields.functions import CASES, MOST_DECIMALS
from mapping.fields.sources import SOURCES
from mapping.fields.working import checked, in_words

FIELD_CHOICES: Final = [(name, source.label) for name, source in SOURCES.items()]
_FARTHEST: Final = LONGEST
ALL: Final = "all"


class Step(forms.Form):
    """`changed` gives the formula after the step; it may raise FormulaError."""

    title: ClassVar[str]
    button: ClassVar[str] = "Apply"

    def __init__(self, *args: Any, formula: Expression, slug: str, **more: Any) -> None:
        more["auto_id"] = f"id_{slug}_%s"
        super().__init__(*args, **more)
        self.formula = formula
        for field in self.fields.values():
            field.localize = False

    def changed(self) -> Expression:
        raise NotImplementedError


class Keep(Step):
    title = "Formula"
    button = "Keep"

    text = forms.CharField(
        label="Formula",
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )

    def changed(self) -> Expression:
        return checked(self.cleaned_data["text"])


class AddField(Step):
    title = "Add a field"
    button = "Add"

    source = forms.ChoiceField(label="Field of the payment", choices=FIELD_CHOICES)

    def changed(self) -> Expression:
        return joined(self.formula, Field(self.cleaned_data["source"]), " ")


class AddText(Step):
    title = "Add a text"
    button = "Add"

    text = forms.CharField(label="Text", max_length=100, strip=False)

    def changed(self) -> Expression:
        return joined(self.formula, Text(self.cleaned_data["text"]))


class Transformation(Step):
    """A function around all of the formula, or around one of the parts it is put together of."""

    function: ClassVar[str]

    part = forms.ChoiceField(label="Of what", initial=ALL)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        part = self.fields["part"]
        assert isinstance(part, forms.ChoiceField)
        part.choices = [
            (ALL, "All of it"),
            *((str(at), in_words(each)) for at, each in enumerate(parts(self.formula))),
        ]
        if len(part.choices) == 1:
            part.widget = forms.HiddenInput()

    def arguments(self) -> Sequence[Expression]:
        raise NotImplementedError

    def changed(self) -> Expression:
        return transformed(self.formula, self.place, self.function, self.arguments())

    @property
    def place(self) -> int | None:
        """Which part, None for all of it."""
        part = self.cleaned_data["part"]
        return None if part == ALL else int(part)


class Slice(Transformation):
    title, function = "Take a part", "slice"

    first = forms.IntegerField(
        label="From character",
        min_value=-_FARTHEST,
        max_value=_FARTHEST,
        help_text="The first is 1; -4 takes the last four.",
    )
    last = forms.IntegerField(
        label="To character", min_value=1, max_value=_FARTHEST, required=False
    )

    def arguments(self) -> Sequence[Expression]:
        given = (self.cleaned_data["first"], self.cleaned_data["last"])
        return [Number(Decimal(place)) for place in given if place is not None]


class WriteDate(Transformation):
    title, function = "Write as a date", "date"

    pattern = forms.CharField(
        label="Pattern",
        max_length=40,
        initial="YYYY-MM-DD",
        help_text="Of YYYY, YY, MMM, MM, DD, HH and mm; times are UTC.",
    )

    def arguments(self) -> Sequence[Expression]:
        return [Text(self.cleaned_data["pattern"])]


class LookUp(Transformation):
    title, function = "Look up in a table", "lookup"

    table = forms.CharField(
        label="Table",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="A line each, such as Visa = VI. Capitals do not matter.",
    )
    otherwise = forms.CharField(
        label="Anything else",
        max_length=100,
        required=False,
        help_text="Empty: what is not in the table is held.",
    )

    def clean_table(self) -> list[tuple[str, str]]:
        lines = [line for line in self.cleaned_data["table"].splitlines() if line.strip()]
        for line in lines:
            if "=" not in line:
                raise forms.ValidationError(f"“{line[:40]}” has no = between two texts.")
        return [(key.strip(), said.strip()) for key, _, said in (x.partition("=") for x in lines)]

    def arguments(self) -> Sequence[Expression]:
        table = [Text(text) for row in self.cleaned_data["table"] for text in row]
        otherwise = self.cleaned_data["otherwise"]
        return [*table, *([Text(otherwise)] if otherwise else [])]


class OrElse(Transformation):
    title, function = "Where it is empty", "default"

    source = forms.ChoiceField(
        label="Take the field", choices=[("", "–"), *FIELD_CHOICES], required=False
    )
    text = forms.CharField(label="Or the text", max_length=100, required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("source") and not given.get("text"):
            raise forms.ValidationError("Say which field or which text stands there then.")
        return given

    def arguments(self) -> Sequence[Expression]:
        source, text = self.cleaned_data["source"], self.cleaned_data["text"]
        return [*([Field(source)] if source else []), *([Text(text)] if text else [])]


class Capitals(Transformation):
    title, function = "Capitals", "case"

    letters = forms.ChoiceField(
        label="Written", choices=[(name, words) for name, (_, words) in CASES.items()]
    )

    def arguments(self) -> Sequence[Expression]:
        return [Text(self.cleaned_data["letters"])]


class Calculate(Transformation):
    title, function = "Calculate", ""

    operation = forms.ChoiceField(
        label="Operation",
        choices=[
            ("add", "Add"),
            ("subtract", "Subtract"),
            ("multiply", "Multiply by"),
            ("divide", "Divide by"),
            ("round", "Round"),
        ],
    )
    number = forms.DecimalField(label="Number", max_digits=15, decimal_places=6, required=False)
    decimals = forms.IntegerField(
        label="Decimals",
        min_value=0,
        max_value=MOST_DECIMALS,
        initial=2,
        required=False,
        help_text="To divide and to round; halves go up.",
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        operation = given.get("operation")
        if operation != "round" and given.get("number") is None and "number" not in self.errors:
            self.add_error("number", "Enter a number.")
        if operation in ("divide", "round") and given.get("decimals") is None:
            self.add_error("decimals", f"Enter a whole number from 0 to {MOST_DECIMALS}.")
        return given

    def changed(self) -> Expression:
        given = self.cleaned_data
        operation = given["operation"]
        arguments = [] if operation == "round" else [Number(given["number"])]
        if operation in ("divide", "round"):
            arguments.append(Number(Decimal(given["decimals"])))
        return transformed(self.formula, self.place, operation, arguments)


STEPS: Final[Mapping[str, type[Step]]] = {
    "keep": Keep,
    "field": AddField,
    "text": AddText,
    "slice": Slice,
    "date": WriteDate,
    "lookup": LookUp,
    "default": OrElse,
    "case": Capitals,
    "number": Calculate,
}


def step_forms(text: str) -> dict[str, Step]:
    """An empty form for each step of a stored formula; none where it cannot be read any more."""
    try:
        formula = checked(text)
    except FormulaError:
        formula = Text(text)
    return {
        slug: made(formula=formula, slug=slug, initial={"text": text} if slug == "keep" else None)
        for slug, made in STEPS.items()
    }
