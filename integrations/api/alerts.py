"""Alerts: what is and was wrong, who was told, and who looks after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request

from audit.api.views import DetailView, ListView, WriteView
from audit.roles import Duty
from console.api.problems import ProblemError
from console.keyset import Order
from integrations.alert_kinds import AlertKind, Audience
from integrations.alert_tables import AlertFilter
from integrations.api.examples import ALERT
from integrations.models import Alert, AlertDelivery
from integrations.services import alerts


class AlertSerializer(serializers.ModelSerializer[Alert]):
    uid = serializers.UUIDField(read_only=True, help_text="The id that messages about it carry.")
    kind = serializers.ChoiceField(AlertKind.choices, read_only=True)
    audience = serializers.ChoiceField(Audience.choices, source="meaning.audience", read_only=True)
    is_urgent = serializers.BooleanField(source="meaning.is_urgent", read_only=True)
    connection_id = serializers.IntegerField(read_only=True, allow_null=True)

    class Meta:
        model = Alert
        fields: tuple[str, ...] = (
            *("id", "uid", "kind", "audience", "is_urgent", "subject", "title", "detail"),
            *("connection_id", "state", "count", "opened_at", "last_at", "cleared_at"),
            *("acknowledged_at", "acknowledged_by"),
        )
        read_only_fields = fields


class DeliverySerializer(serializers.ModelSerializer[AlertDelivery]):
    """A message that told of it. Its address may be a secret and is not shown."""

    route = serializers.CharField(source="route.name", default=None, allow_null=True)

    class Meta:
        model = AlertDelivery
        fields = ("route", "channel", "state", "attempts", "problem", "created_at", "sent_at")
        read_only_fields = fields


@extend_schema_serializer(examples=[ALERT])
class AlertDetailSerializer(AlertSerializer):
    deliveries = serializers.SerializerMethodField(help_text="The 30 newest messages about it.")

    class Meta(AlertSerializer.Meta):
        fields = (*AlertSerializer.Meta.fields, "deliveries")
        read_only_fields = fields

    @extend_schema_field(DeliverySerializer(many=True))
    def get_deliveries(self, alert: Alert) -> Any:
        return DeliverySerializer(alerts.deliveries_of(alert), many=True).data


class AlertList(ListView):
    """Alerts, the last seen first."""

    filter_class = AlertFilter
    order = Order("last_at")
    serializer_class = AlertSerializer

    def rows(self) -> QuerySet[Alert]:
        return Alert.objects.all()


class AlertDetail(DetailView):
    """One alert with the messages that told of it."""

    serializer_class = AlertDetailSerializer

    def rows(self) -> QuerySet[Alert]:
        return Alert.objects.all()


class AcknowledgeAlert(WriteView):
    """Say that you look after it. What has no end of its own ends with it."""

    duty = Duty.ACKNOWLEDGE_ALERTS
    operation_id = "alerts_acknowledge"
    answer_class = AlertDetailSerializer

    def look(self, request: Request, **kwargs: Any) -> None:
        get_object_or_404(Alert, pk=kwargs["pk"])

    def work(self, given: Mapping[str, Any], actor: str, **kwargs: Any) -> Mapping[str, Any]:
        alert = Alert.objects.get(pk=kwargs["pk"])
        if not alerts.acknowledge(alert, actor):
            raise ProblemError("refused", f"{alert.acknowledged_by} looks after it already.")
        return AlertDetailSerializer(Alert.objects.get(pk=alert.pk)).data
