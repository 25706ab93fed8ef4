"""How much money one person may settle alone at the desk, and what nobody may."""

from __future__ import annotations

from typing import Any

from django import forms

from integrations.setting_pages import SettingForm, SettingPage
from reconciliation.services.desk import limit_changes
from reconciliation.services.desk.limit_changes import LABELS


class LimitsForm(SettingForm):
    """Two amounts for each action that has a limit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for action, label in LABELS.items():
            self.fields[f"{action}_alone"] = _amount(f"{label}: alone up to")
            self.fields[f"{action}_never"] = _amount(f"{label}: nobody above", required=False)
        self.order_fields([name for name in self.fields if name != "reason"])

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        for action, label in LABELS.items():
            if f"{action}_alone" in found and f"{action}_never" in found:
                try:
                    limit_changes.limit_from(self._of(action), action)
                except ValueError as error:
                    self.add_error(f"{action}_never", f"{label}: {error}")
        return found

    def values(self) -> dict[str, Any]:
        return {
            action: limit_changes.plain(limit_changes.limit_from(self._of(action)))
            for action in LABELS
        }

    def _of(self, action: str) -> dict[str, str]:
        never = self.cleaned_data[f"{action}_never"]
        return {
            "alone_up_to": str(self.cleaned_data[f"{action}_alone"]),
            "never_above": "" if never is None else str(never),
        }


def _amount(label: str, *, required: bool = True) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, min_value=0, max_digits=14, decimal_places=2, required=required
    )


class Limits(SettingPage):
    setting = limit_changes.SETTING
    template_name = "reconciliation/limits.html"

    def heading(self) -> str:
        return "Limits for exceptions"

    def form(self, data: Any = None) -> SettingForm:
        standing = self.setting.standing(self.key())
        initial = {
            f"{action}_{name.removesuffix('_up_to').removesuffix('_above')}": value
            for action, values in standing.items()
            for name, value in values.items()
        }
        return LimitsForm(data, initial=initial)
