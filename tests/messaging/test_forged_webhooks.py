"""Twilio's signature leaves many readings of one text. None but the true one has an effect, and STOP is never lost."""

from random import Random
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from twilio.request_validator import RequestValidator

from messaging.models import Message, Sms, SmsConsent
from messaging.selectors import has_stopped
from messaging.states import ConsentAction, SmsDirection
from tests.messaging import fake_twilio
from tests.messaging.conftest import Phones
from tests.messaging.fake_twilio import FakeTwilio, inbound
from tests.messaging.scenario import OURS
from tests.messaging.test_sms import CUSTOMER, OPERATOR, texting

pytestmark = pytest.mark.django_db
PATH = "/api/sms/inbound/"
OTHER = "+12125550177"
STOPS = [
    "STOP", "stop", "Stop", "sToP", " STOP ", "STOP.", "STOP!", "STOP!!!", "'STOP'", "“STOP”", "Stop\n", "\tstop", "(stop)", "S\u200bTOP".replace("\u200b", ""),
    "ＳＴＯＰ", "STOPALL", "stop all", "Stop-All", "STOP IT", "please stop", "Stop, please", "stop texting me", "stop messages", "UNSUBSCRIBE",
    "Unsubscribe me", "CANCEL", "End", "QUIT", "Revoke", "OPTOUT", "Opt-Out!", "remove me", "STOP\x00",
]  # fmt: skip
BODIES = [
    "Hello",
    "STOP",
    "START",
    "From+12125550177",
    "Yes, FromCityNEW YORKNumMedia0",
    "MessageSidSM" + "a" * 32,
    "BodySTOP",
    "100",
    "",
]


def post(parameters: dict[str, str], signature: str) -> Any:
    client = Client(headers={"host": "localhost"})
    return client.post(PATH, parameters, headers={"X-Twilio-Signature": signature})


def signature_of(parameters: dict[str, str]) -> str:
    query = QueryDict(mutable=True)
    query.update(parameters)
    return str(RequestValidator(fake_twilio.TOKEN).compute_signature(fake_twilio.WEBHOOK + PATH, query))


def cut_anew(good: dict[str, str], chance: Random) -> dict[str, str]:
    """The same signed characters, cut into other names and values; or, now and then, another text under the old signature."""
    text = "".join(name + good[name] for name in sorted(good))
    kind = chance.random()
    if kind < 0.15:
        return {
            **good,
            chance.choice(["From", "Body", "To", "MessageSid"]): chance.choice(
                [OTHER, "STOP", "START", fake_twilio.new_sid()]
            ),
        }
    names = sorted(
        [*good, *chance.sample(["OptOutType", "MessagingServiceSid", "Surprise", "FromZip", "MediaUrl0"], 2)]
    )
    kept = [name for name in names if chance.random() < 0.8]
    cuts: list[tuple[int, str]] = []
    at = 0
    for name in kept:
        places = [n for n in range(at, len(text)) if text.startswith(name, n)]
        if places:
            at = chance.choice(places)
            cuts.append((at, name))
            at += len(name)
    if not cuts or chance.random() < 0.3:  # an unknown name takes the beginning, and hides what it likes
        cuts = [(0, text[: chance.randrange(1, 12)]), *[cut for cut in cuts if cut[0] > 12]]
    ends = [place for place, _ in cuts[1:]] + [len(text)]
    return {name: text[place + len(name) : end] for (place, name), end in zip(cuts, ends, strict=True)}


def meaning() -> list[tuple[str, ...]]:
    """All that came in: sender, receiver, text, what was recorded of it."""
    rows = Sms.objects.filter(direction=SmsDirection.IN).order_by("id")
    consents = SmsConsent.objects.order_by("id").values_list("phone_number", "action", "sid")
    texts = Message.objects.order_by("id").values_list("sender_type", "text")
    return [(sms.sid or "", sms.phone_number, sms.our_number) for sms in rows] + [*consents] + [*texts]


@pytest.mark.parametrize(
    "count", [200, pytest.param(3000, marks=[pytest.mark.long, pytest.mark.slow, pytest.mark.timeout(3600)])]
)
def test_of_many_mutated_requests_only_the_untouched_meaning_has_an_effect(
    twilio: FakeTwilio, phones: Phones, count: int
) -> None:
    texting()
    chance, signed_alike, refused = Random(5), 0, 0
    for _ in range(count // len(BODIES) + 1):
        for body in BODIES:
            good = inbound(chance.choice([CUSTOMER, OPERATOR]), OURS, body)
            twilio.received[good["MessageSid"]] = good
            mutated = cut_anew(good, chance)
            before = meaning()
            answer = post(mutated, signature_of(good))
            signed_alike += signature_of(mutated) == signature_of(good)
            refused += answer.status_code != 200
            new = meaning()[:]
            for row in before:
                new.remove(row)
            for row in new:
                assert is_true(row, good), (row, mutated)
            assert not SmsConsent.objects.filter(phone_number=OTHER).exists()
    assert signed_alike > count / 10, "the attack is real"
    assert refused > count / 3


def is_true(row: tuple[str, ...], good: dict[str, str]) -> bool:
    """Whether it is what the untouched request says, or what follows from that."""
    if row[0].startswith("SM"):
        return row == (good["MessageSid"], good["From"], good["To"])
    if row[0].startswith("+"):
        return (row[0], row[2]) == (good["From"], good["MessageSid"])
    return row[1] == good["Body"].strip()


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("is_away", [False, True])
def test_stop_is_recorded_however_it_is_written_with_unknown_parameters_and_without_twilio(
    twilio: FakeTwilio, phones: Phones, stop: str, is_away: bool
) -> None:
    twilio.is_away = is_away
    texting()
    phones.says(CUSTOMER, OURS, stop, Surprise="1", ChannelPrefix="", RcsFallback="false", Élan="é")
    assert has_stopped(CUSTOMER)
    assert SmsConsent.objects.latest("id").action == ConsentAction.STOP


def test_a_text_that_twilio_cannot_be_asked_for_is_not_taken_and_costs_nothing(
    twilio: FakeTwilio, phones: Phones
) -> None:
    texting()
    twilio.is_away = True
    parameters = inbound(CUSTOMER, OURS, "Hello again")
    assert phones.posts(parameters).startswith("Not sent")
    assert phones.says(CUSTOMER, OURS, "START").startswith("Not sent")
    assert Message.objects.count() == 2
    twilio.is_away = False
    assert phones.posts(parameters) == ""  # the same SMS once more
    assert Message.objects.count() == 3


def test_a_request_for_an_sms_that_twilio_does_not_know_or_that_we_sent_has_no_effect(
    twilio: FakeTwilio,
) -> None:
    texting()
    good = inbound(CUSTOMER, OURS, "Hello")
    assert post(good, signature_of(good)).status_code == 403
    assert Message.objects.count() == 2


def test_a_callback_with_parameters_that_we_do_not_know_is_asked_for(
    twilio: FakeTwilio, phones: Phones
) -> None:
    """Else an error code could be hidden in the name of an unknown one, and with it a STOP."""
    texting()
    sms = Sms.objects.get(phone_number=CUSTOMER, direction=SmsDirection.OUT)
    assert sms.sid
    twilio.received[sms.sid] = {
        "From": OURS, "To": CUSTOMER, "Body": "x", "status": "undelivered", "error_code": "21610"
    }  # fmt: skip
    assert phones.reports(sms, "undelivered", ErrorCode2="1610") == 204
    assert has_stopped(CUSTOMER)
