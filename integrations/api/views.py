"""Connections with their health, and bank statements, for other software."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from audit.api.idempotency import file_hash
from audit.api.views import DetailView, ListView, WriteView
from audit.roles import Duty
from console.api.problems import ProblemError
from console.keyset import Order
from integrations.api.serializers import ConnectionSerializer, StatementSerializer
from integrations.forms import LARGEST, STATEMENT_CONNECTORS
from integrations.models import Connection, Envelope
from integrations.services import connection_operation
from integrations.services.connection_apply import ChangeError
from integrations.services.intake import receive_file

#: What the parts of a multipart body cost besides the file.
AROUND_THE_FILE: Final = 64 * 1024


class ConnectionList(ListView):
    """Connections to gateways, ERPs and banks, with their health; by id."""

    order = Order("id", descending=False)
    serializer_class = ConnectionSerializer

    def rows(self) -> QuerySet[Connection]:
        return Connection.objects.prefetch_related("pulls")


class ConnectionDetail(DetailView):
    """One connection with its health."""

    serializer_class = ConnectionSerializer

    def rows(self) -> QuerySet[Connection]:
        return Connection.objects.prefetch_related("pulls")


def statements() -> QuerySet[Envelope]:
    found = Envelope.objects.filter(kind="statement").select_related("connection")
    return found.defer("body", "headers", "context", "guard_findings")


class StatementBody(serializers.Serializer[Any]):
    connection = serializers.SlugRelatedField[Any](
        slug_field="slug",
        queryset=Connection.objects.filter(connector__in=STATEMENT_CONNECTORS),
        help_text="The slug of a bank account's connection.",
    )
    file = serializers.FileField(
        max_length=120, help_text="As the bank gives it, in the format that the account is set for."
    )


class StatementUpload(WriteView):
    """Hand in a bank statement. Lines that are known already are not taken twice."""

    duty = Duty.UPLOAD_STATEMENTS
    operation_id = "statements_upload"
    parser_classes = (MultiPartParser,)
    most_bytes = LARGEST + AROUND_THE_FILE
    body_class = StatementBody
    answer_class = StatementSerializer
    status = 202

    def content(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        file = given["file"]
        return {"connection": given["connection"].pk, "name": file.name, "file": file_hash(file)}

    def work(self, given: Mapping[str, Any], actor: str, **kwargs: Any) -> Mapping[str, Any]:
        file = given["file"]
        received = receive_file(given["connection"], file.name, file.read(), actor)
        return StatementSerializer(statements().get(pk=received.envelope_id)).data


class StatementDetail(DetailView):
    """What became of a statement file's lines."""

    serializer_class = StatementSerializer

    def rows(self) -> QuerySet[Envelope]:
        return statements()


class _ConnectionCall(WriteView):
    duty = Duty.MANAGE_CONNECTIONS
    answer_class = ConnectionSerializer

    def look(self, request: Request, **kwargs: Any) -> None:
        get_object_or_404(Connection, pk=kwargs["pk"])

    def work(self, given: Mapping[str, Any], actor: str, **kwargs: Any) -> Mapping[str, Any]:
        connection = Connection.objects.get(pk=kwargs["pk"])
        try:
            self.do(connection, given)
        except ChangeError as error:
            raise ProblemError("refused", str(error)) from error
        return ConnectionSerializer(Connection.objects.get(pk=connection.pk)).data

    def do(self, connection: Connection, given: Mapping[str, Any]) -> None:
        raise NotImplementedError


class PauseBody(serializers.Serializer[Any]):
    reason = serializers.CharField(
        max_length=200, trim_whitespace=False, help_text="Whoever finds it paused reads this."
    )


class PauseConnection(_ConnectionCall):
    """Nothing is read from it or sent to it until somebody resumes it."""

    operation_id = "connections_pause"
    body_class = PauseBody

    def do(self, connection: Connection, given: Mapping[str, Any]) -> None:
        connection_operation.pause(self.request.user, connection, given["reason"])


class ResumeConnection(_ConnectionCall):
    """Work goes on where it stopped."""

    operation_id = "connections_resume"

    def do(self, connection: Connection, given: Mapping[str, Any]) -> None:
        connection_operation.resume(self.request.user, connection)
