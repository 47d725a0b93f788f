"""The door of the back office."""

import pytest
from django.test import Client

from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db
ADMIN = "admin.localhost"


def test_a_stranger_is_sent_to_the_one_login_form() -> None:
    answer = Client().get("/", headers={"host": ADMIN}, follow=False)
    while answer.status_code == 302 and not answer["Location"].startswith("/accounts/login/"):
        answer = Client().get(answer["Location"], headers={"host": ADMIN})
    assert answer["Location"].startswith("/accounts/login/?next=")


def test_somebody_who_is_not_staff_is_told_so_and_not_sent_in_a_circle() -> None:
    client = Client()
    client.force_login(CustomerFactory().user)
    answer = client.get("/login/", headers={"host": ADMIN})
    assert answer.status_code == 403
