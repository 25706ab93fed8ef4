"""Addresses of the books and the desk below /api/v1/."""

from django.urls import path

from reconciliation.api import accounts, census, documents, replays, views, writing

urlpatterns = [
    path("transactions", views.TransactionList.as_view()),
    path("transactions/<int:pk>", views.TransactionDetail.as_view()),
    path("batches", views.BatchList.as_view()),
    path("batches/<int:pk>", views.BatchDetail.as_view()),
    path("batches/<int:pk>/certificates/<int:number>", views.CertificateDetail.as_view()),
    path("bank-lines", views.BankLineList.as_view()),
    path("bank-lines/<int:pk>", views.BankLineDetail.as_view()),
    path("postings", views.PostingList.as_view()),
    path("postings/<int:pk>", views.PostingDetail.as_view()),
    path("postings/<int:pk>/try-again", writing.TryAgain.as_view()),
    path("postings/<int:pk>/look-up", writing.LookUp.as_view()),
    path("pairs/<slug:slug>/invoices/<path:number>", accounts.InvoiceDetail.as_view()),
    path("pairs/<slug:slug>/customers/<path:number>", accounts.CustomerDetail.as_view()),
    path("documents", documents.DocumentList.as_view()),
    path("documents/<int:pk>", documents.DocumentDetail.as_view()),
    path("exceptions", views.ExceptionList.as_view()),
    path("exceptions/<int:pk>", views.ExceptionDetail.as_view()),
    path("exceptions/<int:pk>/actions/<slug:name>", writing.ExceptionAction.as_view()),
    path("rule-sets/<int:pk>/replay", replays.StartReplay.as_view()),
    path("replays", replays.ReplayList.as_view()),
    path("replays/<int:pk>", replays.ReplayDetail.as_view()),
    path("replays/<int:pk>/documents", replays.ReplayRows.as_view()),
    path("replays/<int:pk>/approve", replays.ApproveReplay.as_view()),
    path("censuses", census.LastCensuses.as_view()),
    path("censuses/<slug:slug>", census.LastCensus.as_view()),
    path("nothing-missing/<slug:slug>/<str:day>", census.NothingMissing.as_view()),
]
