"""Rule sets as files: `manage.py rules export|diff|import`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.clock import business_now
from integrations.models import Pair
from integrations.registry import PAIR_TEMPLATES
from mapping import rule_yaml
from mapping.comparing import Word
from mapping.models import RuleSetVersion
from mapping.rule_yaml import RuleFile
from mapping.sentences import sentence
from mapping.services import editing, imports
from mapping.services.imports import Check
from mapping.services.rulesets import RuleSetError, version_in_force


class Command(BaseCommand):
    help = "Export a rule set as YAML, show what a file would change, or import it as a draft."

    def add_arguments(self, parser: CommandParser) -> None:
        steps = parser.add_subparsers(dest="step", required=True)
        export = steps.add_parser("export", help="write a version as YAML")
        export.add_argument("pair", help="the pair's short name")
        export.add_argument("--number", type=int, help="the version; the one in force by default")
        export.add_argument("--output", type=Path, help="a file; standard output by default")
        for name, told in (("diff", "show what would change"), ("import", "make a draft of it")):
            step = steps.add_parser(name, help=told)
            step.add_argument("pair", help="the pair's short name")
            step.add_argument("file", help="a file, - for standard input, or a template's name")
        step.add_argument("--as", dest="user", required=True, help="a user who may edit rules")
        step.add_argument("--note", required=True, help="what the draft is for")

    def handle(self, *args: Any, **options: Any) -> None:
        pair = Pair.objects.filter(slug=options["pair"]).select_related("gateway", "erp").first()
        if pair is None:
            raise CommandError(f"There is no pair {options['pair']!r}.")
        try:
            getattr(self, f"_{options['step']}")(pair, options)
        except (RuleSetError, PermissionDenied) as error:
            raise CommandError(str(error)) from error

    def _export(self, pair: Pair, options: dict[str, Any]) -> None:
        text = rule_yaml.dump(_version(pair, options["number"]))
        if options["output"]:
            options["output"].write_text(text, encoding="utf-8")
        else:
            self.stdout.write(text, ending="")

    def _diff(self, pair: Pair, options: dict[str, Any]) -> None:
        file = _read(options["file"])
        pattern = imports.pattern_change(imports.base_for(pair), file.deposit_pattern)
        if pattern:
            self.stdout.write(f"text of deposits: changed\n  - {pattern[0]}\n  + {pattern[1]}")
        checks = imports.check_set(pair, file)
        for check in checks:
            self._tell(check)
        if not pattern and all(check.is_same for check in checks):
            self.stdout.write("Nothing would change.")

    def _import(self, pair: Pair, options: dict[str, Any]) -> None:
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']!r}.")
        draft = imports.make_draft(user, pair, _read(options["file"]), options["note"])
        self.stdout.write(f"Version {draft.number} of {pair.name} is a draft.")

    def _tell(self, check: Check) -> None:
        for refusal in check.refusals:
            self.stdout.write(f"{check.kind.slug} {refusal.line}: refused. {refusal.why}")
        for change in check.changes:
            if change.word == Word.SAME:
                continue
            place = change.place or change.was
            self.stdout.write(f"{check.kind.slug} {place}: {change.word.lower()}")
            for sign, values in (("-", change.before), ("+", change.after)):
                if values is not None and change.word != Word.MOVED:
                    row = editing.checked(check.kind, RuleSetVersion(), values, is_one=False)
                    self.stdout.write(f"  {sign} {sentence(check.kind, row, place == 1)}")


def _version(pair: Pair, number: int | None) -> RuleSetVersion:
    if number is None:
        found = version_in_force(pair, business_now().date())
    else:
        found = RuleSetVersion.objects.filter(pair=pair, number=number).first()
    if found is None:
        raise CommandError(f"{pair.name} has no such version.")
    return found


def _read(name: str) -> RuleFile:
    if name in PAIR_TEMPLATES:
        return rule_yaml.load(PAIR_TEMPLATES[name].text())
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name} cannot be read: {error}") from error
    return rule_yaml.load(text)
