from django.db import migrations

TOGETHER = """
CREATE FUNCTION audit_session_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM audit_signedin
    WHERE key_hash = encode(sha256(convert_to(OLD.session_key, 'UTF8')), 'hex');
    RETURN OLD;
END $$;
CREATE TRIGGER audit_session_ended AFTER DELETE ON django_session
    FOR EACH ROW EXECUTE FUNCTION audit_session_ended();
"""
APART = """
DROP TRIGGER audit_session_ended ON django_session;
DROP FUNCTION audit_session_ended();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_signed_in"), ("sessions", "0001_initial")]

    operations = [migrations.RunSQL(TOGETHER, APART)]
