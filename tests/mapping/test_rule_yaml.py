"""A rule set as a file: the same rows the same text, read as texts, and what is wrong named."""

import pytest

from integrations.registry import CONNECTORS, PAIR_TEMPLATES, templates_for
from mapping import rule_yaml
from mapping.kinds import KINDS
from mapping.services import imports
from mapping.services.rulesets import RuleSetError
from tests import builders
from tests.mapping.drafts import draft, full_draft

START = "format: '1'\nrules:\n  methods:\n"


@pytest.mark.django_db
def test_a_rule_set_comes_back_as_it_left_and_the_text_is_always_the_same():
    version = full_draft(rows=2)
    text = rule_yaml.dump(version)
    assert rule_yaml.dump(version) == text
    assert text.startswith("# A rule set of Tieout")
    file = rule_yaml.load(text)
    other = builders.RuleSetVersionFactory(pair=version.pair)
    for slug, kind in KINDS.items():
        rows = [imports.FileRow(1, row) for row in file.rules[slug]]
        assert imports.check_rows(kind, version, rows).is_same
    assert file.deposit_pattern == other.deposit_pattern


def test_values_are_texts_as_they_stand():
    file = rule_yaml.load(START + "  - {method: no, erp_method: 0100}\n  - {erp_method: 1e3}\n")
    assert file.rules["methods"] == [
        {"method": "no", "erp_method": "0100"},
        {"erp_method": "1e3"},
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no rule set file"),
        ("format: '2'\n", "no rule set file"),
        ("format: '1'\nowner: me\n", "'owner' is nothing"),
        ("format: '1'\nrules: [a]\n", "a list of rows for each kind"),
        ("format: '1'\nrules:\n  colours: []\n", "'colours' is no kind of rule"),
        ("format: '1'\nrules:\n  methods: all\n", "methods has to be a list"),
        (START + "  - Visa\n", "Row 1 of methods has to be"),
        (START + "  - {method: [a]}\n", "Row 1 of methods has to be"),
        (START + "  - {brand: Visa}\n", "Row 1 of methods: there is no column 'brand'"),
        (START + "  - {method: a, method: b}\n", "'method' stands twice"),
        (START + "  - &a {method: a}\n  - *a\n", "no references"),
        ("format: '1'\nrules: " + "[" * 9 + "]" * 9, "nested too deep"),
        ("format: '1'\nrules: {\n", "no valid YAML in line"),
        ("format: !!python/object:os.system '1'\n", "no valid YAML"),
        (START + "  - {method: 4111111111111111}\n", "looks like a card number"),
        ("#" * (2 * 1024 * 1024 + 1), "larger than 2 MB"),
    ],
)
def test_a_file_that_is_wrong_says_what_and_where(text, sentence):
    with pytest.raises(RuleSetError, match=sentence):
        rule_yaml.load(text)


@pytest.mark.django_db
@pytest.mark.parametrize("template", PAIR_TEMPLATES.values(), ids=PAIR_TEMPLATES)
def test_every_template_is_for_connectors_that_there_are_and_is_taken_whole(template):
    assert {template.gateway, template.erp} <= set(CONNECTORS)
    checks = imports.check_set(draft().pair, rule_yaml.load(template.text()))
    assert [refusal for check in checks for refusal in check.refusals] == []
    assert sum(len(check.taken) for check in checks) > 10


def test_a_pair_is_offered_the_templates_of_its_connectors():
    assert set(templates_for("paytrace", "sage500", "captured")) == {"paytrace-sage500-captured"}
    assert templates_for("paytrace", "bank_csv") == {}
