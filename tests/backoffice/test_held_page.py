"""The queue of held earnings: the reason and the figures, who decides, and what asks before."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from billing.earnings import held_minor
from billing.models import EarningsHold
from billing.services.find_weak_links import find_weak_links
from customers.models import User
from tests.billing.test_held_earnings import linked
from tests.factories import StaffFactory, UserFactory
from tests.messaging.scenario import text as send
from tests.scenario import logged_in, wallet

pytestmark = pytest.mark.django_db
ADMIN = "admin.localhost"
PAGE = "/backoffice/held-earnings/"


def text(client: Client, address: str = PAGE, **form: Any) -> str:
    answer = client.post(address, form, follow=True) if form else client.get(address)
    return " ".join(answer.content.decode().split())


def in_role(name: str) -> User:
    user: User = UserFactory(is_staff=True)
    user.groups.add(Group.objects.get(name=name))
    return user


def test_the_page_says_what_is_held_why_and_since_when_and_no_word_of_a_text() -> None:
    customer, operator, _ = linked()
    send(customer, operator, "a private word")
    desk = logged_in(StaffFactory(), ADMIN)
    assert "Nothing is held." in text(desk)
    find_weak_links()
    shown = text(desk)
    for words in (operator.stage_name, customer.alias, "Both logged in from one network address", "(today)",
                  "$10.77", "Call", "Text", "3:00", "$12.96", "$10.37"):  # fmt: skip
        assert words in shown
    assert "a private word" not in shown
    assert "Held earnings</a>: needs attention</strong><br>1" in text(desk, "/")
    assert "of which $10.77 is" in text(desk, f"/backoffice/operators/{operator.pk}/")


def test_releasing_asks_and_is_listed() -> None:
    customer, operator, _ = linked()
    find_weak_links()
    desk, address = logged_in(StaffFactory(), ADMIN), f"{PAGE}{EarningsHold.objects.get().pk}/release/"
    assert f"Release $10.37 of {operator.stage_name}?" in text(desk, address, key="")
    assert held_minor(operator.pk) == 1037
    assert "Enter a reason of at most" in text(desk, address, confirmed="1", reason=" ")
    shown = text(desk, address, confirmed="1", reason="they are neighbors")
    assert "Released: it can be paid out." in shown
    assert "they are neighbors" in shown
    assert held_minor(operator.pk) == 0
    assert "already decided" in text(desk, address, confirmed="1", reason="again")
    assert customer.alias not in text(logged_in(operator.user, "portal.localhost"), "/held/")


def test_giving_back_asks_with_the_figures_and_refunds() -> None:
    customer, _, _ = linked()
    find_weak_links()
    desk, address = logged_in(StaffFactory(), ADMIN), f"{PAGE}{EarningsHold.objects.get().pk}/give-back/"
    question = text(desk, address, key="")
    for words in (f"Refund $12.96 to {customer.alias}?", "$187.04 → $200.00", "$10.37"):
        assert words in question
    assert "Refunded." in text(desk, address, confirmed="1", reason="one person")
    assert wallet(customer) == (20_000, 0)


def test_finance_and_administrators_decide_and_nobody_else_sees_it() -> None:
    linked()
    find_weak_links()
    number = EarningsHold.objects.get().pk
    for role, may in (("Finance", True), ("Administrator", True), ("Support", False), ("Operations", False)):
        desk = logged_in(in_role(role), ADMIN)
        assert (desk.get(PAGE).status_code == 200) is may
        for verb in ("release", "give-back"):
            assert (desk.post(f"{PAGE}{number}/{verb}/").status_code == 200) is may
    assert EarningsHold.objects.get().state == "open"
