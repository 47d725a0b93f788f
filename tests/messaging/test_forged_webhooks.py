"""Twilio's signature leaves many readings of one text. None but the true one has an effect, and STOP is never lost."""

from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import QueryDict
from django.test import Client
from twilio.request_validator import RequestValidator

from messaging.gateways.twilio.checks import check_claimed_stops
from messaging.keywords import keyword_of
from messaging.models import Message, Sms, SmsConsent
from messaging.selectors import has_stopped
from messaging.services.append import fingerprint
from messaging.states import ConsentAction, SmsDirection
from phones.services.store_number import store_number
from tests.messaging import fake_twilio
from tests.messaging.conftest import Phones
from tests.messaging.fake_twilio import FakeTwilio, inbound
from tests.messaging.resplit import INBOUND, STATUS, Pairs, forged, sid_of, tempting_text
from tests.messaging.scenario import OURS, OURS_TOO
from tests.messaging.test_sms import CUSTOMER, OPERATOR, texting

pytestmark = pytest.mark.django_db
PATH = "/api/sms/inbound/"
OTHER = "+12125550177"
STOPS = [
    "STOP", "stop", "Stop", "sToP", " STOP ", "STOP.", "STOP!", "STOP!!!", "'STOP'", "“STOP”", "Stop\n", "\tstop", "(stop)", "S\u200bTOP", "\ufeffSTOP", "\u202aStop\u202c",
    "ＳＴＯＰ", "STOPALL", "stop all", "Stop-All", "STOP IT", "please stop", "Stop, please", "stop texting me", "stop messages", "UNSUBSCRIBE",
    "Unsubscribe me", "CANCEL", "End", "QUIT", "Revoke", "OPTOUT", "Opt-Out!", "remove me", "STOP\x00",
]  # fmt: skip
WORDS = ["Hello", "STOP", "START", "HELP", "Yes", "100", ""]
LONG = [pytest.mark.long, pytest.mark.slow, pytest.mark.timeout(3600)]


def post(pairs: Pairs, signature: str, path: str = PATH) -> Any:
    client = Client(headers={"host": "localhost"})
    return client.post(
        path,
        urlencode(pairs),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature},
    )


def signature_of(parameters: dict[str, str], path: str = PATH) -> str:
    return fake_twilio.signed(path, parameters)["X-Twilio-Signature"]


def is_signed_alike(pairs: Pairs, good: dict[str, str], path: str = PATH) -> bool:
    return RequestValidator(fake_twilio.TOKEN).validate(
        fake_twilio.WEBHOOK + path, QueryDict(urlencode(pairs)), signature_of(good, path)
    )


def effects() -> set[tuple[str, ...]]:
    """All that came in: which SMS, from whom, to which number; what they consented to; what was written to whom."""
    sms = Sms.objects.filter(direction=SmsDirection.IN).values_list("sid", "phone_number__e164", "our_number")
    said = SmsConsent.objects.filter(action__in=["start", "stop", "help"])
    undone = SmsConsent.objects.filter(
        action="undo", sid=OuterRef("sid"), phone_number=OuterRef("phone_number")
    )
    consents = said.exclude(Exists(undone)).values_list("sid", "phone_number__e164", "action")
    texts = Message.objects.values_list("client_key", "sender_type", "text_sha256")
    return {
        (kind, *(value.hex() if isinstance(value, bytes) else str(value) for value in row))
        for kind, rows in (("sms", sms), ("consent", consents), ("text", texts))
        for row in rows
    }


def is_true(effect: tuple[str, ...], sent: dict[str, dict[str, str]]) -> bool:
    """Whether it is what the SMS of this SID says, which is `sent` as it was written."""
    kind, sid, who, what = effect
    truth = sent.get(sid)
    if truth is None:
        return False
    if kind == "sms":
        return (who, what) == (truth["From"], truth["To"])
    if kind == "consent":
        return who == truth["From"] and what == keyword_of(truth["Body"], is_stopped=False)
    sender = {CUSTOMER: "customer", OPERATOR: "operator"}.get(truth["From"])
    return (who, what) == (sender, fingerprint(truth["Body"]).hex())


def attacks(count: int) -> Iterator[tuple[dict[str, str], Pairs, dict[str, dict[str, str]]]]:
    """SMS that were written, a forgery of each, and by their SIDs all that were written up to it."""
    chance = Random(5)
    sent: dict[str, dict[str, str]] = {}
    for number in range(count):
        words = chance.choice(WORDS) + chance.choice(["", f" {number}"])
        if chance.random() < 0.85:
            words = tempting_text(
                chance,
                words,
                senders=[CUSTOMER, OPERATOR, OTHER],
                receivers=[OURS, OURS_TOO],
                sids=list(sent)[-3:],
            )
        good = inbound(chance.choice([CUSTOMER, OPERATOR, OTHER]), OURS, words, MessageSid=sid_of(chance))
        sent[good["MessageSid"]] = good
        yield good, forged(good, chance, INBOUND), sent


@pytest.mark.parametrize("count", [50, pytest.param(3000, marks=LONG)])
@pytest.mark.parametrize("is_away", [False, True])
def test_of_many_forged_requests_only_the_untouched_meaning_has_an_effect(
    twilio: FakeTwilio, is_away: bool, count: int
) -> None:
    """A STOP that is believed while Twilio is away is checked, and undone if nobody said it."""
    texting()
    wrong: list[object] = []
    accepted = refused = 0
    for good, pairs, sent in attacks(count):
        twilio.received, twilio.is_away = sent, is_away
        assert is_signed_alike(pairs, good), "the attack is real"
        before = effects()
        with transaction.atomic():
            answer = post(pairs, signature_of(good))
            twilio.is_away = False
            check_claimed_stops()
            new = effects() - before
            transaction.set_rollback(True)
        assert answer.status_code in (200, 400, 403), answer.status_code
        accepted += answer.status_code == 200
        refused += answer.status_code != 200
        wrong += [(effect, good, pairs) for effect in new if not is_true(effect, sent)]
    assert not wrong, f"{len(wrong)} in {count}, as {wrong[0]}"
    assert accepted > count / 4, "many have the right shape"
    assert refused > count / 10


@pytest.mark.parametrize("count", [30, pytest.param(100, marks=LONG)])
def test_an_untouched_request_has_its_effect_whatever_its_text_holds(twilio: FakeTwilio, count: int) -> None:
    texting()
    for good, _, sent in attacks(count):
        twilio.received = sent
        before = effects()
        with transaction.atomic():
            assert post(list(good.items()), signature_of(good)).status_code == 200
            new = effects() - before
            transaction.set_rollback(True)
        assert ("sms", good["MessageSid"], good["From"], good["To"]) in new
        assert all(is_true(effect, sent) for effect in new)


@pytest.mark.parametrize("count", [40, pytest.param(1000, marks=LONG)])
def test_of_many_forged_callbacks_only_the_untouched_meaning_has_an_effect(
    twilio: FakeTwilio, count: int
) -> None:
    texting()
    chance = Random(6)
    sms = Sms.objects.get(phone_number=store_number(CUSTOMER), direction=SmsDirection.OUT)
    sid, path = str(sms.sid), f"/api/sms/status/{sms.reference}/"
    for _ in range(count):
        status, code = chance.choice(
            [("sent", ""), ("delivered", ""), ("undelivered", "30003"), ("failed", "21610"), ("read", "")]
        )
        good = {
            "SmsSid": sid, "SmsStatus": status, "MessageStatus": status, "To": CUSTOMER, "From": OURS,
            "AccountSid": fake_twilio.ACCOUNT, "ApiVersion": "2010-04-01", "MessageSid": sid,
        }  # fmt: skip
        if code:
            words = tempting_text(chance, "Unreachable", senders=[OURS], receivers=[CUSTOMER], sids=[sid])
            good |= {"ErrorCode": code, "ErrorMessage": chance.choice(["Unreachable", words])}
        twilio.received[sid] = {
            "From": OURS, "To": CUSTOMER, "Body": "x", "status": status, "error_code": code or None
        }  # type: ignore[dict-item]  # fmt: skip
        pairs = forged(good, chance, STATUS)
        assert is_signed_alike(pairs, good, path), "the attack is real"
        with transaction.atomic():
            answer = post(pairs, signature_of(good, path), path)
            sms.refresh_from_db()
            outcome = (sms.state, sms.error_code, has_stopped(store_number(CUSTOMER)))
            transaction.set_rollback(True)
        state = {"read": "delivered"}.get(status, status)
        untouched = (state, code, code == "21610")
        assert outcome in (("sent", "", False), untouched), (outcome, good, pairs)
        if answer.status_code == 204:
            assert outcome == untouched, (outcome, good, pairs)


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("is_away", [False, True])
def test_stop_is_recorded_however_it_is_written_with_unknown_parameters_and_without_twilio(
    twilio: FakeTwilio, phones: Phones, stop: str, is_away: bool
) -> None:
    twilio.is_away = is_away
    texting()
    phones.says(CUSTOMER, OURS, stop, Surprise="1", ChannelPrefix="", RcsFallback="false", Élan="é")
    assert has_stopped(store_number(CUSTOMER))
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
    assert post(list(good.items()), signature_of(good)).status_code == 403
    assert Message.objects.count() == 2


def test_a_callback_with_parameters_that_we_do_not_know_is_asked_for(
    twilio: FakeTwilio, phones: Phones
) -> None:
    """Else an error code could be hidden in the name of an unknown one, and with it a STOP."""
    texting()
    sms = Sms.objects.get(phone_number=store_number(CUSTOMER), direction=SmsDirection.OUT)
    assert sms.sid
    twilio.received[sms.sid] = {
        "From": OURS, "To": CUSTOMER, "Body": "x", "status": "undelivered", "error_code": "21610"
    }  # fmt: skip
    assert phones.reports(sms, "undelivered", ErrorCode2="1610") == 204
    assert has_stopped(store_number(CUSTOMER))
