"""A key is its owner: nobody puts a rule set in force by a key that they had a part in making."""

from django.conf import settings
from django.db import migrations

BEFORE = r"""
CREATE OR REPLACE FUNCTION tieout_second_person() RETURNS trigger LANGUAGE plpgsql AS $$
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
DROP FUNCTION tieout_person_behind(text);
"""
NOW = r"""
CREATE FUNCTION tieout_person_behind(actor text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN actor NOT LIKE 'key:%' THEN regexp_replace(actor, '^user:', '')
           ELSE coalesce((SELECT who.username FROM audit_apikey held
                            JOIN auth_user who ON who.id = held.owner_id
                           WHERE held.name = substr(actor, 5)), actor) END
$$;
CREATE OR REPLACE FUNCTION tieout_second_person() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    approver text := tieout_person_behind(NEW.approved_by);
BEGIN
    IF approver = '' OR EXISTS (
        SELECT 1 FROM (SELECT NEW.created_by AS name
                       UNION ALL SELECT NEW.reviewed_by
                       UNION ALL SELECT jsonb_array_elements_text(NEW.editors)) makers
         WHERE tieout_person_behind(name) = approver) THEN
        RAISE EXCEPTION 'refused: a rule set is put in force by a second person'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("mapping", "0013_customers_by_name"),
        ("audit", "0003_api_keys"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunSQL(NOW, BEFORE)]
