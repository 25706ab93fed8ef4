"""Addresses of the books and the desk."""

from django.urls import path

from reconciliation.views import transactions

urlpatterns = [
    path("transactions/", transactions.TransactionList.as_view(), name="transactions"),
    path("transactions/<int:pk>/", transactions.TransactionDetail.as_view(), name="transaction"),
]
