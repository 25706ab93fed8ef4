"""Acting on exceptions and postings: the desk's own actions, each at most once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request

from audit.api.views import WriteView
from audit.roles import Duty, require
from console.api.problems import ProblemError
from integrations.choices import PostingState
from integrations.models import Posting
from integrations.services import lanes
from integrations.services.posting_release import look_now
from mapping.choices import AccountRole
from reconciliation.actions import ACTIONS, Action
from reconciliation.api.examples import DISMISS
from reconciliation.api.serializers import ExceptionDetailSerializer, PostingDetailSerializer
from reconciliation.api.views import items
from reconciliation.models import ExceptionItem, Transaction
from reconciliation.services import desk, replay
from reconciliation.services.bulk import singles
from reconciliation.services.desk.question import question


def _text(max_length: int, help_text: str) -> serializers.CharField:
    """As it was sent: the desk's forms take blanks away themselves."""
    return serializers.CharField(
        max_length=max_length, required=False, trim_whitespace=False, help_text=help_text
    )


@extend_schema_serializer(examples=[DISMISS])
class ActionBody(serializers.Serializer[Any]):
    """What an action asks for; each needs its own few, and is refused with one too many."""

    customer_id = _text(max_length=20, help_text="link_customer, give_back, link_existing")
    document_no = _text(max_length=40, help_text="link_invoice, apply_elsewhere, write_off")
    shares = _text(max_length=1000, help_text="split: 536365 100.00; 536366 39.12")
    role = serializers.ChoiceField(AccountRole.choices, required=False, help_text="map_account")
    account = _text(max_length=100, help_text="map_account")
    method = _text(max_length=20, help_text="map_method")
    erp_method = _text(max_length=15, help_text="map_method")
    batch_ref = _text(max_length=60, help_text="link_batch")
    sale_ref = _text(max_length=60, help_text="link_sale: the sale's number at the gateway")
    rate = _text(max_length=20, help_text="book_at_rate: of the pair's currency for one of its")
    confirmed = serializers.BooleanField(
        required=False, help_text="apply_elsewhere: what else it changes has been read"
    )
    corrections = _text(max_length=1000, help_text="correct: amount = 12.50; currency = USD")
    until = serializers.DateField(required=False, help_text="wait")
    note = _text(
        max_length=400,
        help_text="dismiss, accept, set_aside, leave_on_account, wait, write_off, correct, "
        "post_anyway, release, refuse, give_back, book_at_rate, not_created",
    )


def clean_values(action: Action, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the action's own form makes of the values; a problem names each wrong one."""
    form = action.form_class(given)
    errors = {name: list(map(str, texts)) for name, texts in form.errors.items()}
    errors |= {name: ["Not of this action."] for name in given if name not in form.fields}
    if errors:
        raise ProblemError("invalid-values", "Nothing was done.", errors)
    return form.cleaned_data


class ExceptionAction(WriteView):
    """Do something about an exception: what its `actions` name.

    409 `refused` says in words why it cannot be done as things stand; nothing has changed then.
    Where it is more than one person may do alone, it waits as the run `waits_in_run_id` until
    somebody else approves that.
    """

    duty = Duty.VIEW  # the action's own is asked for in `look`
    described_duty = Duty.WORK_EXCEPTIONS
    operation_id = "exceptions_act"
    body_class = ActionBody
    answer_class = ExceptionDetailSerializer

    @extend_schema(
        parameters=[
            OpenApiParameter("name", str, OpenApiParameter.PATH, enum=sorted(ACTIONS)),
        ]
    )
    def post(self, request: Request, **kwargs: Any) -> Any:
        return super().post(request, **kwargs)

    def look(self, request: Request, **kwargs: Any) -> None:
        action = ACTIONS.get(kwargs["name"])
        if action is None:
            raise Http404
        require(request.user, action.duty, ("exception", str(kwargs["pk"])))
        get_object_or_404(ExceptionItem, pk=kwargs["pk"])

    def work(self, given: Mapping[str, Any], actor: str, **kwargs: Any) -> Mapping[str, Any]:
        action = ACTIONS[kwargs["name"]]
        values = clean_values(action, given)
        item = items().get(pk=kwargs["pk"])
        if action.name not in desk.actions_for(item):
            raise ProblemError("refused", f"“{action.label}” does not fit this exception now.")
        try:
            singles.do(item, action.name, values, actor)
        except desk.DeskError as error:
            raise ProblemError("refused", str(error)) from error
        return ExceptionDetailSerializer(items().get(pk=item.pk)).data


class _PostingCall(WriteView):
    duty = Duty.WORK_EXCEPTIONS
    answer_class = PostingDetailSerializer

    def look(self, request: Request, **kwargs: Any) -> None:
        get_object_or_404(Posting, pk=kwargs["pk"])

    def work(self, given: Mapping[str, Any], actor: str, **kwargs: Any) -> Mapping[str, Any]:
        posting = Posting.objects.select_for_update().get(pk=kwargs["pk"])
        if not self.done(posting, actor):
            state = posting.get_state_display().lower()
            raise ProblemError("refused", f"The posting is {state}: this is not possible now.")
        lanes.wake("deliver")
        return PostingDetailSerializer(Posting.objects.get(pk=posting.pk)).data

    def done(self, posting: Posting, actor: str) -> bool:
        raise NotImplementedError


class TryAgain(_PostingCall):
    """Let one held posting go again: looked up where it may have arrived, sent or decided anew."""

    operation_id = "postings_try_again"

    def done(self, posting: Posting, actor: str) -> bool:
        if posting.state != PostingState.HELD:
            return False
        replay.replay_one(posting, actor)
        return True


class LookUp(_PostingCall):
    """Have an unknown outcome looked up at once; nothing is sent."""

    operation_id = "postings_look_up"

    def done(self, posting: Posting, actor: str) -> bool:
        return look_now(posting, actor)


class QuestionBody(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=300, help_text="What is wrong with where it stands.")


class QuestionTransaction(WriteView):
    """Doubt where a payment's money stands: the desk has it from then on. Answers the exception."""

    duty = Duty.WORK_EXCEPTIONS
    operation_id = "transactions_question"
    body_class = QuestionBody
    answer_class = ExceptionDetailSerializer
    status = 201

    def look(self, request: Request, **kwargs: Any) -> None:
        get_object_or_404(Transaction, pk=kwargs["pk"])

    def work(self, given: Mapping[str, Any], actor: str, **kwargs: Any) -> Mapping[str, Any]:
        row = Transaction.objects.select_related("connection").get(pk=kwargs["pk"])
        try:
            item = question(row, given["note"], actor)
        except desk.DeskError as error:
            raise ProblemError("refused", str(error)) from error
        return ExceptionDetailSerializer(items().get(pk=item.pk)).data
