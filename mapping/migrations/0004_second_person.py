"""Nobody puts a rule set in force that they had a part in making: the database refuses it too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mapping", "0003_sealed_versions")]

    operations = [
        migrations.AddField(
            model_name="rulesetversion",
            name="editors",
            field=models.JSONField(
                default=list, help_text="Everybody who changed it as a draft or handed it in."
            ),
        ),
        migrations.RunSQL(
            r"""
            CREATE FUNCTION tieout_second_person() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE
                approver text := regexp_replace(NEW.approved_by, '^user:', '');
            BEGIN
                IF approver = '' OR EXISTS (
                    SELECT 1 FROM (SELECT NEW.created_by AS name
                                   UNION ALL SELECT NEW.reviewed_by
                                   UNION ALL SELECT jsonb_array_elements_text(NEW.editors)) makers
                     WHERE regexp_replace(name, '^user:', '') = approver) THEN
                    RAISE EXCEPTION 'refused: a rule set is put in force by a second person'
                        USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NEW;
            END
            $$;
            CREATE TRIGGER second_person BEFORE UPDATE ON mapping_rulesetversion
                FOR EACH ROW WHEN (NEW.state = 'active' AND OLD.state <> 'active')
                EXECUTE FUNCTION tieout_second_person();
            """,
            "DROP TRIGGER second_person ON mapping_rulesetversion;"
            "DROP FUNCTION tieout_second_person();",
        ),
    ]
