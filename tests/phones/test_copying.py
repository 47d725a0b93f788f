"""Numbers that stood in plain text move to their table: every row finds its own, whatever was there before."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader

from phones import copying
from phones.models import PhoneNumber
from phones.selectors import find_number
from phones.services.store_number import store_number
from tests.support.database_owner import as_owner

pytestmark = pytest.mark.django_db

NUMBERS = [f"+1212555{n:04d}" for n in range(7)]


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Fourteen rows with seven numbers and one without, of a table that refuses to be changed; the owner migrates."""
    monkeypatch.setattr(copying, "BATCH", 3)
    with as_owner() as cursor:
        cursor.execute(
            "CREATE TABLE old_rows (id serial PRIMARY KEY, number varchar(16) NOT NULL,"
            " phone_number_id bigint REFERENCES phones_phonenumber DEFERRABLE INITIALLY DEFERRED)"
        )
        cursor.execute(
            "INSERT INTO old_rows (number) SELECT unnest(%s::text[]) UNION ALL SELECT unnest(%s::text[]) UNION ALL SELECT ''",
            [NUMBERS, NUMBERS],
        )
        cursor.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$"
            " BEGIN RAISE EXCEPTION 'refused'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER append_only BEFORE UPDATE ON old_rows"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        yield "old_rows"


def test_each_row_gets_the_id_of_its_number_and_known_numbers_keep_theirs(table: str) -> None:
    known = store_number(NUMBERS[3])
    for _ in range(2):  # run again: nothing changes
        copying.copy_numbers(historical_apps(), connection, table=table, column="number", append_only=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT number, phone_number_id FROM old_rows")
        rows = cursor.fetchall()
    assert len(rows) == 15
    for number, number_id in rows:
        found = find_number(number) if number else None
        assert number_id == (found.pk if found else None)
    assert find_number(NUMBERS[3]) == known
    assert PhoneNumber.objects.count() == len(NUMBERS)
    with pytest.raises(DatabaseError, match="refused"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE old_rows SET number = ''")


def test_what_came_in_meanwhile_is_copied_before_the_column_goes(table: str) -> None:
    copying.copy_late_numbers(historical_apps(), connection, table=table, column="number", append_only=True)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE old_rows DROP COLUMN number")
        cursor.execute("SELECT count(*) FROM old_rows WHERE phone_number_id IS NULL")
        assert cursor.fetchone() == (1,)


def historical_apps() -> Any:
    """The models as a migration sees them."""
    return MigrationLoader(connection).project_state([("phones", "0001_initial")]).apps
