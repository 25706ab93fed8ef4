"""Addresses of the rule sets below /api/v1/."""

from django.urls import path

from mapping.api import views, writing

urlpatterns = [
    path("rule-sets", views.RuleSetList.as_view()),
    path("rule-sets/<int:pk>", views.RuleSetDetail.as_view()),
    path("rule-sets/<int:pk>/file", views.RuleSetFile.as_view()),
    path("rule-sets/<int:pk>/draft", writing.DraftFrom.as_view()),
    path("rule-sets/<int:pk>/hand-in", writing.HandIn.as_view()),
    path("rule-sets/<int:pk>/give-back", writing.GiveBack.as_view()),
    path("rule-sets/<int:pk>/discard", writing.Discard.as_view()),
    path("rule-sets/<int:pk>/activate", writing.Activate.as_view()),
    path("rule-imports", writing.ImportFile.as_view()),
    path("rule-imports/<int:pk>", writing.ImportDetail.as_view()),
    path("rule-imports/<int:pk>/apply", writing.ApplyImport.as_view()),
    path("rule-imports/<int:pk>/drop", writing.DropImport.as_view()),
]
