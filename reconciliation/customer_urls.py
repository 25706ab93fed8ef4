"""Addresses of the pages about customers."""

from django.urls import path

from reconciliation.views.customers import account, creating, imports, links, merges, policy, review

urlpatterns = [
    path("customers/", links.LinkList.as_view(), name="customers"),
    path(
        "pairs/<int:pk>/customers/<path:number>/",
        account.CustomerDetail.as_view(),
        name="customer",
    ),
    path("customers/read/", links.ReadNow.as_view(), name="customers-read"),
    path("customers/links/<int:pk>/", links.LinkDetail.as_view(), name="customer-link"),
    path("customers/import/", imports.CustomerImport.as_view(), name="customer-import"),
    path("customers/review/", review.ReviewBench.as_view(), name="customer-review"),
    path("customers/review/<int:pk>/", review.ReviewBench.as_view(), name="customer-review-one"),
    path("customers/review/<int:pk>/<slug:name>/", review.Decide.as_view(), name="customer-decide"),
    path("customers/new/<int:pk>/", creating.CreateCustomer.as_view(), name="customer-create"),
    path("customers/policy/", policy.Policies.as_view(), name="customer-policies"),
    path("customers/policy/<int:pk>/", policy.PolicyPage.as_view(), name="customer-policy"),
    path("customers/merges/", merges.MergeList.as_view(), name="customer-merges"),
    path("customers/merges/new/", merges.NewMerge.as_view(), name="customer-merge-new"),
    path("customers/merges/<int:pk>/", merges.MergeDetail.as_view(), name="customer-merge"),
    path("customers/merges/<int:pk>/agree/", merges.AgreeToMerge.as_view(), name="customer-agree"),
    path(
        "customers/merges/<int:pk>/withdraw/",
        merges.WithdrawMerge.as_view(),
        name="customer-withdraw",
    ),
    path("customers/merges/<int:pk>/undo/", merges.UndoMerge.as_view(), name="customer-undo"),
]
