"""The OpenAPI schema: what the base views know of themselves, and the problems that all share."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from django_filters import ChoiceFilter, DateFilter, ModelChoiceFilter
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from audit.roles import Duty
from audit.scopes import SCOPE_DUTY
from console.api import lists
from console.api.problems import CONTENT_TYPE, KINDS, URN
from console.filters import ListFilter

API: Final = "/api/v1/"
IDEMPOTENCY_KEY: Final = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    required=True,
    description=(
        "A text of your own, new for each thing that you want done. The same key with the same"
        " content answers what was answered first; with other content it is refused."
    ),
)
_PAGING: Final = (
    OpenApiParameter(
        "cursor", str, description="From `next_cursor` or `previous_cursor` of an answer."
    ),
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": lists.MOST, "default": lists.USUAL},
        description="Rows of a page.",
    ),
)
#: Problems that every call can meet, and those of the calls that write.
_ALWAYS: Final = (400, 406, 500, 503)
_CALLER: Final = (401, 403, 429)
_WRITING: Final = (409, 413, 415, 422)
_MEANING: Final[dict[int, str]] = {}
for _status, _title in KINDS.values():
    _MEANING[_status] = f"{_MEANING[_status]}; {_title}" if _status in _MEANING else _title

PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "Problem details, RFC 9457.",
    "properties": {
        "type": {"type": "string", "format": "uri", "enum": [URN + kind for kind in KINDS]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri-reference"},
        "errors": {
            "type": "object",
            "description": "What is wrong, by field, parameter or header.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
    "required": ["type", "title", "status", "detail", "instance"],
    "example": {
        "type": URN + "invalid-query",
        "title": "A query parameter is wrong",
        "status": 400,
        "detail": "Wrong: since.",
        "instance": "/api/v1/transactions",
        "errors": {"since": ["Enter a day such as 2011-02-14."]},
    },
}


@cache
def page_of(row: type[serializers.BaseSerializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The serializer of a list's answer, for the schema."""
    fields = {
        "data": row(many=True),
        "next_cursor": _cursor(),
        "previous_cursor": _cursor(),
    }
    name = row.__name__.replace("Serializer", "ListSerializer")
    return type(name, (serializers.Serializer,), fields)


def _cursor() -> serializers.CharField:
    return serializers.CharField(allow_null=True, help_text="null where the list ends.")


class Schema(AutoSchema):
    """Reads the attributes of `audit.api.views`."""

    def get_operation_id(self) -> str:
        given: str = getattr(self.view, "operation_id", "")
        words = self.path.removeprefix(API).replace("{id}/", "").split("/")
        name = "_".join(word for word in words if "{" not in word).replace("-", "_")
        if given or self.method != "GET":
            return given or name
        return f"{name}_list" if hasattr(self.view, "order") else f"{name}_read"

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix(API).split("/")[0].replace("-", " ")]

    def get_description(self) -> str:  # type: ignore[override]
        said: str = super().get_description()
        duty = getattr(self.view, "described_duty", getattr(self.view, "duty", None))
        if not self.view.authentication_classes or not isinstance(duty, Duty):
            return said
        scope = next((s.value for s, d in SCOPE_DUTY.items() if d == duty), None)
        asks = f"A key needs the scope `{scope}`" if scope else "No key may do this"
        return f"{said}\n\n{asks}; a person needs the duty `{duty.value}`."

    def get_request_serializer(self) -> Any:
        return getattr(self.view, "body_class", None) if self.method == "POST" else None

    def get_response_serializers(self) -> Any:
        view: Any = self.view
        if self.method == "POST":
            return {view.status: view.answer_class}
        if hasattr(view, "order"):
            return page_of(view.serializer_class)
        return getattr(view, "serializer_class", None)

    def get_override_parameters(self) -> list[Any]:
        found: list[Any] = []
        if hasattr(self.view, "order"):
            found += [*self._filters(), *_PAGING]
        if hasattr(self.view, "answer_class"):
            found.append(IDEMPOTENCY_KEY)
        return found

    def _filters(self) -> list[OpenApiParameter]:
        return filters_of(getattr(self.view, "filter_class", None))

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return operation
        for answer in operation["responses"].values():
            answer["description"] = answer["description"] or "What was asked for, as it stands now."
        for status in self._problems():
            name = {"$ref": f"#/components/responses/Problem{status}"}
            operation["responses"].setdefault(str(status), name)
        return operation

    def _problems(self) -> Iterable[int]:
        named: Iterable[int] | None = getattr(self.view, "problems", None)
        if named is not None:
            return named
        found = [*_ALWAYS, *(_CALLER if self.view.authentication_classes else ())]
        if "{" in self.path:
            found.append(404)
        return sorted([*found, *(_WRITING if self.method == "POST" else ())])


def filters_of(chosen: type[ListFilter] | None) -> list[OpenApiParameter]:
    """The query parameters of a list's filter."""
    known = chosen.base_filters if chosen else {}
    return [OpenApiParameter(name, _type(each), description=_words(each))
            for name, each in known.items()]  # fmt: skip


def _type(known: Any) -> Any:
    if isinstance(known, ModelChoiceFilter):
        return {"type": "integer", "minimum": 1}
    if isinstance(known, ChoiceFilter):
        choices = [value for value, _ in known.extra["choices"]]
        # Where they are known only when it is asked for, they are rows by their ids.
        return {"type": "string", "enum": choices} if choices else {"type": "integer", "minimum": 1}
    if isinstance(known, DateFilter):
        return {"type": "string", "format": "date"}
    return {"type": "string", "minLength": 1, "maxLength": 60}


def _words(known: Any) -> str:
    hint = known.extra.get("widget")
    placeholder = hint.attrs.get("placeholder", "") if hasattr(hint, "attrs") else ""
    return f"{known.label}: {placeholder}." if placeholder else f"{known.label}."


def only_the_api(endpoints: list[Any], **kwargs: Any) -> list[Any]:
    return [each for each in endpoints if each[0].startswith((API, "/hooks/"))]


def finish(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """The shared problems, once, as components; without the generator's own marks."""
    _without(result, "x-spec-enum-id")
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["responses"] = {
        f"Problem{status}": {
            "description": meaning + ".",
            "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            **({"headers": _RETRY} if status in (429, 503) else {}),
        }
        for status, meaning in sorted(_MEANING.items())
    }
    return result


def _without(found: Any, name: str) -> None:
    if isinstance(found, dict):
        found.pop(name, None)
    for each in found.values() if isinstance(found, dict) else found:
        if isinstance(each, dict | list):
            _without(each, name)


_RETRY: Final = {
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
}
