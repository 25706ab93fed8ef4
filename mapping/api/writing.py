"""A version through its life, and files of rules on their way to a draft: the pages' own steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from audit.api.idempotency import file_hash
from audit.api.views import DetailView, WriteView
from audit.roles import Duty, may, require
from console.api.problems import ProblemError
from mapping import rule_yaml
from mapping.api.serializers import (
    ApplyBody,
    ImportBody,
    NoteBody,
    RuleImportSerializer,
    RuleSetDetailSerializer,
    StartBody,
)
from mapping.models import RuleImport, RuleSetVersion
from mapping.rule_set_table import with_ends
from mapping.services import approval, imports
from mapping.services.rulesets import RuleSetError

#: What the parts of a multipart body cost besides the file.
AROUND_THE_FILE = 64 * 1024


class _Step(WriteView):
    """Services ask for the second person, and for the duty again."""

    answer_class = RuleSetDetailSerializer

    def look(self, request: Request, **kwargs: Any) -> None:
        get_object_or_404(RuleSetVersion, pk=kwargs["pk"])

    def work(self, given: Mapping[str, Any], actor: str, **kwargs: Any) -> Mapping[str, Any]:
        version = RuleSetVersion.objects.select_related("pair").get(pk=kwargs["pk"])
        try:
            made = self.step(version, given)
        except RuleSetError as error:
            raise ProblemError("refused", str(error)) from error
        stands = with_ends().get(pk=made.pk)
        return RuleSetDetailSerializer(stands).data

    def step(self, version: RuleSetVersion, given: Mapping[str, Any]) -> RuleSetVersion:
        raise NotImplementedError


class DraftFrom(_Step):
    """Begin a draft with the rows of a version; `note` says what it is for. Answers the draft."""

    duty = Duty.EDIT_RULES
    operation_id = "rule_sets_draft"
    body_class = NoteBody
    status = 201

    def step(self, version: RuleSetVersion, given: Mapping[str, Any]) -> RuleSetVersion:
        return approval.begin(self.caller, version.pair, version, given["note"])


class HandIn(_Step):
    """Hand a draft in: sealed until another person puts it in force, or gives it back."""

    duty = Duty.EDIT_RULES
    operation_id = "rule_sets_hand_in"

    def step(self, version: RuleSetVersion, given: Mapping[str, Any]) -> RuleSetVersion:
        approval.hand_in(self.caller, version)
        return version


class GiveBack(_Step):
    """Make a version that was handed in a draft again.

    For whoever could approve it, and for those who edit rules (`write:rules`) and want to go on.
    """

    duty = Duty.VIEW  # one of two is asked for in `look`
    described_duty = Duty.APPROVE_RULES
    operation_id = "rule_sets_give_back"
    body_class = NoteBody

    def look(self, request: Request, **kwargs: Any) -> None:
        if not may(request.user, Duty.APPROVE_RULES):
            require(request.user, Duty.EDIT_RULES, ("rules", str(kwargs["pk"])))
        super().look(request, **kwargs)

    def step(self, version: RuleSetVersion, given: Mapping[str, Any]) -> RuleSetVersion:
        approval.give_back(self.caller, version, given["note"])
        return version


class Discard(_Step):
    """Set a draft aside; its rows stay to be looked at."""

    duty = Duty.EDIT_RULES
    operation_id = "rule_sets_discard"

    def step(self, version: RuleSetVersion, given: Mapping[str, Any]) -> RuleSetVersion:
        approval.discard(self.caller, version)
        return version


class Activate(_Step):
    """Put in force what somebody else has handed in.

    Refused for a key whose owner had a part in it, by themselves or by another key of theirs. Where
    the pair has posted something, a version goes in force from its replay: `replays/{id}/approve`.
    """

    duty = Duty.APPROVE_RULES
    operation_id = "rule_sets_activate"
    body_class = StartBody

    def step(self, version: RuleSetVersion, given: Mapping[str, Any]) -> RuleSetVersion:
        approval.activate(self.caller, version, given["active_from"])
        return version


def _imports() -> Any:
    return RuleImport.objects.select_related("pair", "version__pair")


class ImportFile(WriteView):
    """Bring a whole rule set in as its YAML file. Answers what it would change; nothing has yet.

    An earlier file of the same caller for the pair, that was not applied, makes way.
    """

    duty = Duty.EDIT_RULES
    operation_id = "rule_imports_upload"
    parser_classes = (MultiPartParser,)
    most_bytes = rule_yaml.LARGEST + AROUND_THE_FILE
    body_class = ImportBody
    answer_class = RuleImportSerializer
    status = 201

    def content(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        told = {"pair": given["pair"].pk, "note": given["note"]}
        return told | {"name": given["file"].name, "file": file_hash(given["file"])}

    def work(self, given: Mapping[str, Any], actor: str, **kwargs: Any) -> Mapping[str, Any]:
        file = given["file"]
        try:
            rules = rule_yaml.load_bytes(file.read(rule_yaml.LARGEST + 1))
        except RuleSetError as error:
            raise ProblemError(
                "invalid-values", "Nothing was done.", {"file": [str(error)]}
            ) from error
        waiting = imports.propose_set(self.caller, given["pair"], rules, file.name, given["note"])
        return RuleImportSerializer(_imports().get(pk=waiting.pk)).data


class ImportDetail(DetailView):
    """A file that waits, held against the rules as they stand now."""

    duty = Duty.EDIT_RULES
    serializer_class = RuleImportSerializer

    def rows(self) -> Any:
        return _imports()


class ApplyImport(WriteView):
    """Make the draft that the file describes. Answers the draft; the file is gone then."""

    duty = Duty.EDIT_RULES
    operation_id = "rule_imports_apply"
    body_class = ApplyBody
    answer_class = RuleSetDetailSerializer
    status = 201

    def look(self, request: Request, **kwargs: Any) -> None:
        """Whether it is there yet is asked with the work: the answer of a repeat is kept."""

    def work(self, given: Mapping[str, Any], actor: str, **kwargs: Any) -> Mapping[str, Any]:
        waiting = get_object_or_404(_imports(), pk=kwargs["pk"])
        try:
            draft = imports.apply(self.caller, waiting, given["seen"], given["skip_refused"])
        except RuleSetError as error:
            raise ProblemError("refused", str(error)) from error
        return RuleSetDetailSerializer(with_ends().get(pk=draft.pk)).data


class DropImport(WriteView):
    """Forget a file that waits; nothing was changed by it. Answers it once more."""

    duty = Duty.EDIT_RULES
    operation_id = "rule_imports_drop"
    answer_class = RuleImportSerializer

    def work(self, given: Mapping[str, Any], actor: str, **kwargs: Any) -> Mapping[str, Any]:
        waiting = get_object_or_404(_imports(), pk=kwargs["pk"])
        told = RuleImportSerializer(waiting).data
        imports.drop(self.caller, waiting)
        return told
