"""Addresses of the rule sets."""

from django.urls import path

from mapping.views import editor, files, rates, rule_sets, steps, values

EDITOR = [
    path("rule-sets/<int:pk>/edit/", editor.Editor.as_view(), name="rule-set-edit"),
    path("rule-sets/<int:pk>/edit/about/", editor.About.as_view(), name="rule-set-about"),
    path(
        "rule-sets/<int:pk>/edit/<slug:slug>/rows/",
        editor.SectionPage.as_view(),
        name="rule-rows",
    ),
    path(
        "rule-sets/<int:pk>/edit/<slug:slug>/rows/add/",
        editor.AddRow.as_view(),
        name="rule-row-add",
    ),
    path(
        "rule-sets/<int:pk>/edit/<slug:slug>/rows/<int:row>/",
        editor.ChangeRow.as_view(),
        name="rule-row",
    ),
    path(
        "rule-sets/<int:pk>/edit/<slug:slug>/rows/<int:row>/remove/",
        editor.RemoveRow.as_view(),
        name="rule-row-remove",
    ),
    path(
        "rule-sets/<int:pk>/edit/<slug:slug>/rows/<int:row>/move/",
        editor.MoveRow.as_view(),
        name="rule-row-move",
    ),
]
STEPS = [
    path("rule-sets/<int:pk>/draft/", steps.DraftFrom.as_view(), name="rule-set-draft"),
    path("rule-sets/<int:pk>/hand-in/", steps.HandIn.as_view(), name="rule-set-hand-in"),
    path("rule-sets/<int:pk>/give-back/", steps.GiveBack.as_view(), name="rule-set-give-back"),
    path("rule-sets/<int:pk>/discard/", steps.Discard.as_view(), name="rule-set-discard"),
    path("rule-sets/<int:pk>/activate/", steps.Activate.as_view(), name="rule-set-activate"),
]
FILES = [
    path("rule-sets/new/", files.NewSet.as_view(), name="rule-set-new"),
    path("rule-sets/<int:pk>/file/", files.TakeAway.as_view(), name="rule-set-file"),
    path(
        "rule-sets/<int:pk>/file/<slug:slug>/<slug:form>/",
        files.TakeAway.as_view(),
        name="rule-sheet",
    ),
    path(
        "rule-sets/<int:pk>/edit/<slug:slug>/upload/",
        files.BringIn.as_view(),
        name="rule-sheet-upload",
    ),
    path("rule-imports/<int:pk>/", files.CheckFile.as_view(), name="rule-import"),
    path("rule-imports/<int:pk>/drop/", files.DropFile.as_view(), name="rule-import-drop"),
]

urlpatterns = [
    path("rule-sets/", rule_sets.RuleSetList.as_view(), name="rule-sets"),
    path("rule-sets/<int:pk>/values/<slug:slug>/", values.ValueTrial.as_view(), name="rule-values"),
    path("rule-sets/<int:pk>/", rule_sets.RuleSetDetail.as_view(), name="rule-set"),
    *EDITOR,
    *STEPS,
    *FILES,
    path("rates/", rates.RateList.as_view(), name="rates"),
    path("rates/upload/", rates.RateUpload.as_view(), name="rate-upload"),
]
