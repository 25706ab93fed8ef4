"""Addresses of the rule sets."""

from django.urls import path

from mapping.views import rule_sets

urlpatterns = [
    path("rule-sets/", rule_sets.RuleSetList.as_view(), name="rule-sets"),
    path("rule-sets/<int:pk>/", rule_sets.RuleSetDetail.as_view(), name="rule-set"),
]
