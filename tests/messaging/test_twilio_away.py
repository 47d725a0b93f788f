"""While Twilio cannot be asked: a STOP is obeyed at once and checked later, a callback is believed only when it was checked."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from messaging.gateways.base import Unknown
from messaging.gateways.twilio.checks import ask_status, check_claimed_stops
from messaging.models import Sms, SmsConsent
from messaging.selectors import has_stopped, wants_sms
from messaging.services.record_consent import record_consent
from messaging.states import ConsentAction, ConsentSource, SmsDirection
from phones.services.store_number import store_number
from tests.messaging.conftest import Phones
from tests.messaging.fake_twilio import FakeTwilio, inbound
from tests.messaging.scenario import OURS
from tests.messaging.test_forged_webhooks import post, signature_of
from tests.messaging.test_sms import CUSTOMER, OPERATOR, texting

pytestmark = pytest.mark.django_db


@pytest.fixture
def away(twilio: FakeTwilio) -> FakeTwilio:
    texting()
    twilio.is_away = True
    return twilio


def record() -> list[str]:
    rows = SmsConsent.objects.filter(phone_number=store_number(CUSTOMER)).exclude(sid="").order_by("id")
    return list(rows.values_list("action", flat=True))


def test_a_stop_holds_at_once_and_is_proved_when_twilio_answers(away: FakeTwilio, phones: Phones) -> None:
    stop = inbound(CUSTOMER, OURS, "STOP")
    assert "won't get messages" in phones.posts(stop)
    assert phones.posts(stop) == ""
    assert check_claimed_stops() == 0
    assert (has_stopped(store_number(CUSTOMER)), record()) == (True, ["stop"])
    away.is_away = False
    assert (check_claimed_stops(), check_claimed_stops()) == (1, 0)
    assert (has_stopped(store_number(CUSTOMER)), record()) == (True, ["stop", "proved"])
    assert Sms.objects.filter(sid=stop["MessageSid"], direction=SmsDirection.IN).count() == 1


def test_a_stop_is_not_lost_whatever_else_twilio_signs(away: FakeTwilio, phones: Phones) -> None:
    """Twilio adds parameters without notice; one of these could be read as another sender's, or as another text."""
    phones.says(CUSTOMER, OURS, "STOP", BodyLanguage="en", SourceFrom="+12125550177")
    assert has_stopped(store_number(CUSTOMER))


@pytest.mark.parametrize("truth", [None, "Hello", "STOP"])
def test_a_stop_that_nobody_said_holds_only_until_twilio_answers(away: FakeTwilio, truth: str | None) -> None:
    """Twilio does not know it, or has other words, or has it from somebody else."""
    forged = inbound(CUSTOMER, OURS, "STOP")
    if truth:
        away.received[forged["MessageSid"]] = {
            **forged, "Body": truth, "From": OPERATOR if truth == "STOP" else CUSTOMER
        }  # fmt: skip
    assert post(list(forged.items()), signature_of(forged)).status_code == 200
    assert has_stopped(store_number(CUSTOMER))
    away.is_away = False
    assert check_claimed_stops() == 1
    assert record() == ["stop", "undo"]
    assert wants_sms(store_number(CUSTOMER)), "as before"
    assert not Sms.objects.filter(sid=forged["MessageSid"]).exists(), "the true SMS may still come"


@pytest.mark.parametrize("was_said", [True, False])
def test_what_somebody_says_after_the_stop_counts_whatever_the_check_says(
    away: FakeTwilio, phones: Phones, was_said: bool
) -> None:
    stop = inbound(CUSTOMER, OURS, "STOP")
    phones.posts(stop)
    number = store_number(CUSTOMER)
    record_consent(phone_number=number, action=ConsentAction.START, source=ConsentSource.SITE)
    away.is_away = False
    if not was_said:
        del away.received[stop["MessageSid"]]
    assert check_claimed_stops() == 1
    assert wants_sms(number)


def test_an_earlier_stop_stays_when_a_later_one_is_undone(away: FakeTwilio) -> None:
    number = store_number(CUSTOMER)
    record_consent(phone_number=number, action=ConsentAction.STOP, source=ConsentSource.SITE)
    forged = inbound(CUSTOMER, OURS, "STOP")
    post(list(forged.items()), signature_of(forged))
    away.is_away = False
    assert check_claimed_stops() == 1
    assert has_stopped(number)


def test_help_is_answered_and_a_stop_to_a_number_that_is_not_ours_is_refused(
    away: FakeTwilio, phones: Phones
) -> None:
    assert phones.says(CUSTOMER, OURS, "HELP").startswith("Help: ")
    stray = inbound(CUSTOMER, "+12125550199", "STOP")
    assert post(list(stray.items()), signature_of(stray)).status_code == 403
    assert not has_stopped(store_number(CUSTOMER))


# -- status callbacks


def to_customer(twilio: FakeTwilio, status: str, error_code: str | None = None) -> Sms:
    sms = Sms.objects.get(phone_number=store_number(CUSTOMER), direction=SmsDirection.OUT)
    assert sms.sid
    twilio.received[sms.sid] = {
        "From": OURS, "To": CUSTOMER, "Body": "x", "status": status, "error_code": error_code
    }  # type: ignore[dict-item]  # fmt: skip
    return sms


def run_status_jobs() -> None:
    for job in ProcrastinateJob.objects.filter(task_name="messaging.ask_status"):
        ask_status(**job.args)


def test_a_callback_with_unknown_parameters_is_not_believed_before_it_was_checked(
    away: FakeTwilio, phones: Phones
) -> None:
    sms = to_customer(away, "delivered")
    assert phones.reports(sms, "failed", ErrorCode="21610", Surprise="1") == 204
    sms.refresh_from_db()
    assert (sms.state, has_stopped(store_number(CUSTOMER))) == ("sent", False)
    with pytest.raises(Unknown):
        run_status_jobs()
    away.is_away = False
    run_status_jobs()
    sms.refresh_from_db()
    assert (sms.state, has_stopped(store_number(CUSTOMER))) == ("delivered", False)


def test_a_callback_that_was_true_has_its_effect_later(away: FakeTwilio, phones: Phones) -> None:
    sms = to_customer(away, "failed", "21610")
    phones.reports(sms, "failed", ErrorCode="21610", Surprise="1")
    away.is_away = False
    run_status_jobs()
    sms.refresh_from_db()
    assert (sms.state, sms.error_code, has_stopped(store_number(CUSTOMER))) == ("failed", "21610", True)


def test_a_callback_about_an_sms_that_twilio_does_not_know_or_that_is_another_has_no_effect(
    away: FakeTwilio, phones: Phones
) -> None:
    sms = to_customer(away, "failed")
    phones.reports(sms, "failed", Surprise="1")
    away.is_away = False
    known = away.received.pop(str(sms.sid))
    run_status_jobs()
    away.received[str(sms.sid)] = {**known, "To": OPERATOR}
    run_status_jobs()
    sms.refresh_from_db()
    assert sms.state == "sent"
