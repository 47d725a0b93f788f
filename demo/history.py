"""The month before the demo began: calls, texts, ratings, notes and hours, made by the services that make them."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import partial
from random import Random

from billing.services.rate_paid import rate_paid
from brands.models import Brand
from customers.models import Customer
from demo.calls import RANG_SECONDS, list_price, past_call
from demo.funds import add_funds, amount_for, has_enough
from demo.people import NOTES, POPULARITY, REGULARS, REVIEWS, TALKS
from demo.replay import PastEvent, at_time, evening
from messaging.services.reply import reply
from messaging.services.send import send
from operators.models import Operator
from operators.services.change_settings import Hours, change_schedule
from operators.services.rate import answer_rating
from operators.services.save_note import save_note
from operators.services.set_favorite import set_favorite
from telephony.models import Call

DAYS = 28
CALLS_A_DAY = (1, 1, 2)
TALKED_SECONDS = (95, 340, 610, 880, 1260)
FIRST_HOUR, LAST_HOUR = 19, 23
FUNDED_BEFORE = timedelta(minutes=2)  # the click
RATED = 0.5  # of the calls


def history_of(operators: list[Operator]) -> list[PastEvent]:
    """All of it, for the demo's operators in their order; nothing if it was told before. Alike every time but for the dates."""
    regulars = list(Customer.objects.filter(user__email__in=[demo.email for demo in REGULARS]).order_by("id"))
    if Call.objects.filter(customer__in=regulars).exists():
        return []
    for number, operator in enumerate(operators):
        _keep_hours(operator, number)
    for customer, text in zip(regulars, NOTES, strict=False):
        save_note(operator_id=operators[0].pk, customer_id=customer.pk, text=text)
    host = Customer.objects.get(user__email="customer@aeims.test")
    for operator in operators[1:3]:
        set_favorite(customer_id=host.pk, operator_id=operator.pk, is_favourite=True)
    return list(_History(regulars, operators).events())


def _keep_hours(operator: Operator, number: int) -> None:
    """Evenings that differ from one operator to the next."""
    days = [day for day in range(7) if (day + number) % 4]
    starts = time(18 + number % 4)
    hours = [Hours(weekday=day, starts=starts, ends=time((starts.hour + 5) % 24)) for day in days]
    change_schedule(operator_id=operator.pk, hours=hours)


class _History:
    """Four regulars and twelve operators over four weeks of evenings."""

    def __init__(self, regulars: list[Customer], operators: list[Operator]) -> None:
        self.chance = Random(482)  # noqa: S311 (a story, no secret)
        self.regulars, self.operators = regulars, operators
        self.brands = {brand.pk: brand for brand in Brand.objects.all()}
        self.reviews = list(REVIEWS)

    def events(self) -> Iterator[PastEvent]:
        for days in range(DAYS, 0, -1):
            for hour in self.chance.sample(range(FIRST_HOUR, LAST_HOUR), self.chance.choice(CALLS_A_DAY)):
                at = evening(days, hour, self.chance.randrange(30, 60))
                yield at, partial(self._call, at)
        for number, talk in enumerate(TALKS):
            at = evening(5 - number, 18)
            yield at, partial(self._text, self.regulars[number % len(self.regulars)], at, talk)

    def _call(self, at: datetime) -> None:
        customer = self.chance.choice(self.regulars)
        operator = self.chance.choices(self.operators, POPULARITY)[0]
        seconds = self.chance.choice(TALKED_SECONDS) + self.chance.randrange(50)
        brand = self._brand(operator)
        before_it = at - timedelta(seconds=seconds + RANG_SECONDS) - FUNDED_BEFORE
        self._add_funds(customer, brand, list_price(operator, seconds), before_it)
        call = past_call(customer, operator, brand, seconds)
        if self.reviews and self.chance.random() < RATED:
            self._rate(call, at + timedelta(minutes=2))

    def _brand(self, operator: Operator) -> Brand:
        shown_on = list(operator.listings.order_by("brand_id").values_list("brand_id", flat=True))
        return self.brands[self.chance.choice(shown_on)]

    def _add_funds(self, customer: Customer, brand: Brand, needed_minor: int, at: datetime) -> None:
        if not has_enough(customer, needed_minor):
            with at_time(at):
                add_funds(customer, brand, amount_for(needed_minor))

    def _rate(self, call: Call, at: datetime) -> None:
        stars, review, answer = self.reviews.pop(self.chance.randrange(len(self.reviews)))
        with at_time(at):
            rating = rate_paid(customer=call.customer, reference=call.call_id, stars=stars, review=review)
        if answer:
            with at_time(at + timedelta(hours=1)):
                answer_rating(operator_id=call.operator_id, rating_id=rating.pk, text=answer)

    def _text(self, customer: Customer, at: datetime, talk: tuple[str, ...]) -> None:
        """The customer writes first; every line is answered within minutes."""
        operator = self.operators[0]
        for minutes, (asked, answered) in enumerate(zip(talk[::2], talk[1::2], strict=True)):
            with at_time(at + timedelta(minutes=5 * minutes)):
                sent = send(customer=customer, operator_id=operator.pk, text=asked)
            with at_time(at + timedelta(minutes=5 * minutes + 2)):
                reply(operator=operator, conversation_id=sent.message.conversation_id, text=answered)
