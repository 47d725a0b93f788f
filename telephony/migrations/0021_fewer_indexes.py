"""Ids of calls and events are looked up whole, never by how they begin: their second indexes cost each event and served nothing else.

Django makes such an index for every unique text, and looks for it again only when the field itself changes.
"""

from django.db import migrations

_INDEXES = {
    "telephony_call_call_id_1c8194ff_like": "telephony_call (call_id varchar_pattern_ops)",
    "telephony_callevent_event_id_6af3260c_like": "telephony_callevent (event_id varchar_pattern_ops)",
}


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("telephony", "0020_finish_by_rows")]

    operations = [
        migrations.RunSQL(
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {columns}",
        )
        for name, columns in _INDEXES.items()
    ]
