"""Spreadsheets of customers: links, row by row compared before anything changes; a CRM's list."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from audit.roles import Duty, require
from audit.services import user_actor
from console.sheets import SheetError
from integrations.models import Pair
from integrations.pages import DutyPage
from mapping.services.customers.deciding import CustomerError
from reconciliation.customer_forms import SheetForm
from reconciliation.services.customers import importing
from reconciliation.services.desk.errors import DeskError

SALT: Final = "customers.import"
#: A comparison that nobody has acted on for so long is made again.
FRESH_SECONDS: Final = 3600


class CustomerImport(DutyPage):
    duty = Duty.WORK_EXCEPTIONS

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, SheetForm(), 200)

    def post(self, request: HttpRequest) -> HttpResponse:
        require(request.user, Duty.WORK_EXCEPTIONS)
        if "rows" in request.POST:
            return self._apply(request)
        form = SheetForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(request, form, 422)
        data = form.cleaned_data
        pair, body = data["pair"], data["file"].read(importing.LARGEST + 1)
        try:
            if data["what"] == "crm":
                changed = importing.take_crm(pair, body, user_actor(request.user))
                messages.success(
                    request, f"Customers of the CRM that are new or changed: {changed}."
                )
                return HttpResponseRedirect(reverse("customer-review"))
            rows = importing.link_rows(body)
            changes = importing.planned(pair, rows)
        except (SheetError, DeskError, CustomerError) as error:
            form.add_error("file", str(error))
            return self._page(request, form, 422)
        signed = signing.dumps({"pair": pair.pk, "rows": rows}, salt=SALT, compress=True)
        return self._page(request, form, 200, {"changes": changes, "signed": signed, "pair": pair})

    def _apply(self, request: HttpRequest) -> HttpResponse:
        try:
            sheet = signing.loads(request.POST["rows"], salt=SALT, max_age=FRESH_SECONDS)
            pair = Pair.objects.select_related("erp").get(pk=sheet["pair"])
            counts = importing.apply(pair, sheet["rows"], user_actor(request.user))
        except signing.BadSignature:
            messages.error(request, "The comparison is too old; upload the file again.")
            return HttpResponseRedirect(reverse("customer-import"))
        except (DeskError, CustomerError, Pair.DoesNotExist) as error:
            messages.error(request, f"Nothing has changed. {error}")
            return HttpResponseRedirect(reverse("customer-import"))
        messages.success(request, f"{importing.counts_in_words(counts) or 'Nothing'}.".capitalize())
        return HttpResponseRedirect(reverse("customers"))

    def _page(
        self, request: HttpRequest, form: SheetForm, status: int, more: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"title": "Load links from a spreadsheet", "form": form} | (more or {})
        return render(request, "reconciliation/customers/import.html", context, status=status)
