"""Addresses of the books and the desk."""

from django.urls import path

from reconciliation.views import (
    batches,
    bulk,
    censuses,
    completeness,
    documents,
    exceptions,
    find,
    impacts,
    postings,
    replays,
    transactions,
)

urlpatterns = [
    path("find/", find.Find.as_view(), name="find"),
    path("transactions/", transactions.TransactionList.as_view(), name="transactions"),
    path("transactions/<int:pk>/", transactions.TransactionDetail.as_view(), name="transaction"),
    path("batches/", batches.BatchList.as_view(), name="batches"),
    path("batches/<int:pk>/", batches.BatchDetail.as_view(), name="batch"),
    path(
        "batches/<int:pk>/certificates/<int:number>/",
        batches.CertificateDetail.as_view(),
        name="certificate",
    ),
    path(
        "batches/<int:pk>/certificates/<int:number>/file/",
        batches.CertificateFile.as_view(),
        name="certificate-file",
    ),
    path("bank-lines/", batches.BankLineList.as_view(), name="bank-lines"),
    path("documents/", documents.DocumentList.as_view(), name="documents"),
    path("documents/<int:pk>/", documents.DocumentDetail.as_view(), name="document"),
    path("documents/<int:pk>/read/", documents.ReadNow.as_view(), name="document-read"),
    path("rule-sets/<int:pk>/replay/", impacts.ReplayOfVersion.as_view(), name="rule-set-replay"),
    path("replays/<int:pk>/", impacts.ReplayDetail.as_view(), name="replay"),
    path("replays/<int:pk>/approve/", impacts.ReplayApprove.as_view(), name="replay-approve"),
    path("censuses/", censuses.CensusList.as_view(), name="censuses"),
    path("censuses/<int:pk>/", censuses.CensusDetail.as_view(), name="census"),
    path("censuses/now/<slug:slug>/", censuses.CensusNow.as_view(), name="census-now"),
    path("completeness/", completeness.CompletenessDays.as_view(), name="completeness"),
    path(
        "completeness/<slug:slug>/<str:day>/",
        completeness.CompletenessDay.as_view(),
        name="completeness-day",
    ),
    path("postings/", postings.PostingList.as_view(), name="postings"),
    path("postings/replay/", replays.ReplayPage.as_view(), name="postings-replay"),
    path("postings/<int:pk>/try-again/", replays.TryAgain.as_view(), name="posting-try-again"),
    path("postings/<int:pk>/look/", replays.LookNow.as_view(), name="posting-look"),
    path("postings/<int:pk>/", postings.PostingDetail.as_view(), name="posting"),
    path("exceptions/", exceptions.ExceptionBench.as_view(), name="exceptions"),
    path("exceptions/bulk/", bulk.BulkPage.as_view(), name="exceptions-bulk"),
    path("exceptions/runs/", bulk.RunList.as_view(), name="runs"),
    path("exceptions/runs/<int:pk>/", bulk.RunDetail.as_view(), name="run"),
    path("exceptions/runs/<int:pk>/<slug:step>/", bulk.RunStep.as_view(), name="run-step"),
    path("exceptions/rows/<int:pk>/undo/", bulk.UndoOne.as_view(), name="undo"),
    path("exceptions/<int:pk>/alike/", bulk.AlikePage.as_view(), name="exception-alike"),
    path("exceptions/<int:pk>/", exceptions.ExceptionBench.as_view(), name="exception"),
    path(
        "exceptions/<int:pk>/<slug:name>/",
        exceptions.ExceptionAction.as_view(),
        name="exception-action",
    ),
]
