import re

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting

from console.form_renderer import FormRenderer

HOSTILE = "\"><script>alert('&')</script>"


class Everything(forms.Form):
    plain = forms.ChoiceField(
        choices=[("", "All"), ("a", "A & B"), (HOSTILE, HOSTILE), (3, "Three")]
    )
    grouped = forms.ChoiceField(choices=[("First", [("a", "A")]), (HOSTILE, [("b", "B")])])
    text = forms.CharField(widget=forms.TextInput(attrs={"data-search": "", "title": HOSTILE}))
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    number = forms.IntegerField(min_value=0)
    kept = forms.CharField(widget=forms.HiddenInput)
    off = forms.CharField(disabled=True, required=False)


def spaceless(html):
    return re.sub(r">\s+<", "><", html)


@pytest.mark.parametrize(
    "given",
    [None, {"plain": "a", "grouped": "b", "text": HOSTILE, "day": "2010-12-01", "number": "7"}],
)
def test_fields_are_written_as_django_writes_them(given):
    ours, theirs = (Everything(given, renderer=each()) for each in (FormRenderer, TemplatesSetting))
    for name in Everything.base_fields:
        assert spaceless(str(ours[name])) == spaceless(str(theirs[name])), name
