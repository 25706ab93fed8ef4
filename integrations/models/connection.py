"""Connections to outside systems, their credentials, and the pairs they form."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from integrations.choices import CircuitState, ConnectionState, Environment, PostOn


class Connection(models.Model):
    """One account at one vendor; `account` is the vendor's name for it and part of every key."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    connector = models.CharField(max_length=40, help_text="A code of the connector registry.")
    account = models.CharField(max_length=60, help_text="The account's own id at the vendor.")
    environment = models.CharField(max_length=12, choices=Environment.choices)
    settings: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    state = models.CharField(
        max_length=10, choices=ConnectionState.choices, default=ConnectionState.ACTIVE
    )
    paused_until = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=200, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.CharField(max_length=160, blank=True)
    circuit = models.CharField(
        max_length=10, choices=CircuitState.choices, default=CircuitState.CLOSED
    )
    circuit_at = models.DateTimeField(null=True, blank=True)
    failures_in_a_row = models.PositiveIntegerField(default=0)
    pauses_in_a_row = models.PositiveIntegerField(default=0)
    open_after_failures = models.PositiveSmallIntegerField(
        default=5,
        help_text="So many failures in a row stop everybody from asking; one worker then tries.",
    )
    quiet_after_hours = models.PositiveSmallIntegerField(
        default=48,
        help_text="Tell operations when nothing has come for so many hours; 0 is never.",
    )
    resend_absent_after_minutes = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Where the vendor does not refuse a key twice: what was sent without an answer "
        "and is still not there after so long is sent again. Empty: a person decides.",
    )
    tested_at = models.DateTimeField(null=True, blank=True)
    test_passed = models.BooleanField(null=True, blank=True)
    test_checks: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        default=list, blank=True
    )
    newest_fact_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("slug",)
        constraints = (
            models.UniqueConstraint(
                fields=("connector", "account", "environment"), name="connection_account_once"
            ),
            models.CheckConstraint(
                condition=Q(open_after_failures__gte=1), name="connection_circuit_can_open"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_sandbox(self) -> bool:
        return self.environment == Environment.SANDBOX


class Credential(models.Model):
    """A secret of a connection, encrypted by the vault; nothing shows it again after entry.

    After a replacement the one before stays as `old_…` until somebody retires it: whoever signs
    with it is still heard in the meantime. An empty `old_key_id` says that there is none.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="credentials")
    name = models.CharField(max_length=40)
    key_id = models.CharField(max_length=40)
    ciphertext = models.BinaryField()
    set_at = models.DateTimeField(auto_now=True)
    set_by = models.CharField(max_length=160, blank=True)
    old_key_id = models.CharField(max_length=40, blank=True)
    old_ciphertext = models.BinaryField(default=b"")
    old_set_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("connection", "name"), name="credential_once"),
        )

    def __str__(self) -> str:
        return f"{self.connection_id}: {self.name}"


class Pair(models.Model):
    """A gateway whose money one company of one ERP books, and the bank account it reaches."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    gateway = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+")
    erp = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+")
    bank = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+")
    orders = models.ForeignKey(
        Connection,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="The shop whose orders become the company's invoices, if there is one.",
    )
    order_wait_days = models.PositiveSmallIntegerField(
        default=1,
        db_default=1,
        help_text="An order waits so many days for the payment that it names.",
    )
    company = models.CharField(max_length=10, help_text="The company's id in the ERP.")
    currency = models.CharField(max_length=3)
    post_on = models.CharField(max_length=10, choices=PostOn.choices, default=PostOn.SETTLED)
    post_batches = models.BooleanField(
        default=False,
        help_text="Post ERP batches from here; otherwise a bookkeeper posts them in the ERP.",
    )
    post_after_documents = models.PositiveIntegerField(
        default=200,
        help_text="Receipts of captured payments: post a day's ERP batch once it holds so many.",
    )
    post_after_minutes = models.PositiveIntegerField(
        default=30,
        help_text="And at the latest so many minutes after it was opened, or when its day is over.",
    )
    batch_prefix = models.CharField(
        max_length=10, default="CARD-", help_text="Before a batch's number on ledger lines."
    )
    time_zone = models.CharField(max_length=40, default="America/Los_Angeles")
    deposit_late_after_days = models.PositiveSmallIntegerField(default=3)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("slug",)
        constraints = (
            models.UniqueConstraint(fields=("gateway", "erp", "company"), name="pair_company_once"),
            # Each order becomes one invoice of one company.
            models.UniqueConstraint(fields=("orders",), name="pair_orders_once"),
        )

    def __str__(self) -> str:
        return self.name
