"""Versions that are in force already are sealed; from now on their rows cannot be changed."""

from django.db import migrations
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from mapping.sealed import SealedRows

TABLES = (
    "accountrule",
    "currencyrule",
    "customerrule",
    "feerule",
    "itemrule",
    "methodrule",
    "statusrule",
    "taxrule",
    "validationrule",
)


def seal(apps, schema_editor):
    versions = apps.get_model("mapping", "RuleSetVersion").objects
    in_force = versions.filter(state__in=("reviewed", "active", "retired"))
    in_force.update(sealed_at=Coalesce(F("created_at"), Now()))


class Migration(migrations.Migration):
    dependencies = [("mapping", "0002_rule_kinds")]

    operations = [
        migrations.RunPython(seal, migrations.RunPython.noop),
        *(SealedRows(f"mapping_{table}") for table in TABLES),
        migrations.RunSQL(
            """
            CREATE FUNCTION tieout_refuse_unsealing() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'DELETE' OR NEW.sealed_at IS NULL AND NEW.state <> 'draft'
                   OR (NEW.pair_id, NEW.number, NEW.deposit_pattern)
                      IS DISTINCT FROM (OLD.pair_id, OLD.number, OLD.deposit_pattern) THEN
                    RAISE EXCEPTION '% refused: a rule set that was handed in or is in force stays',
                        TG_OP USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NEW;
            END
            $$;
            CREATE TRIGGER sealed_version BEFORE UPDATE OR DELETE ON mapping_rulesetversion
                FOR EACH ROW WHEN (OLD.sealed_at IS NOT NULL)
                EXECUTE FUNCTION tieout_refuse_unsealing();
            """,
            "DROP TRIGGER sealed_version ON mapping_rulesetversion;"
            "DROP FUNCTION tieout_refuse_unsealing();",
        ),
    ]
