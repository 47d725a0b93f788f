"""Consents and the audit trail stay as they were written, whoever asks: here the owner."""

import pytest
from django.db import DatabaseError, transaction

from brands.models import Brand
from core import audit
from core.db import sqlstate
from customers.models import Consent
from customers.states import ConsentKind
from tests.scenario import given_customer
from tests.support.database_owner import as_owner

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_consent_and_a_record() -> None:
    customer = given_customer(balance=0)
    brand = Brand.objects.get(pk=customer.home_brand_id)
    with as_owner():
        Consent.objects.create(customer=customer, kind=ConsentKind.TERMS, version="2026-01", brand=brand)
    audit.record(actor=customer.user, action="test", subject=customer)


def refused(statement: str) -> DatabaseError:
    with pytest.raises(DatabaseError) as error, transaction.atomic(), as_owner() as cursor:
        cursor.execute("SET LOCAL aeims.may_truncate = 'off'")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)
    return error.value


@pytest.mark.parametrize("table", ["customers_consent", "core_auditrecord"])
def test_a_record_is_neither_changed_nor_removed(table: str) -> None:
    assert "Cannot update or delete" in str(refused(f"UPDATE {table} SET id = id + 1"))
    assert "Cannot update or delete" in str(refused(f"DELETE FROM {table}"))
    assert sqlstate(refused(f"TRUNCATE {table} CASCADE")) == "AE405"
