"""A real call to a phone of the owner's: it rings, and a voice speaks a code (`manage.py doctor --call`)."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from backoffice.doctor.findings import Finding, ok, problem
from brands.models import Brand
from core import clock
from core.errors import DomainError
from core.ids import new_id
from telephony import adapter_client
from telephony.call_plan import Verification
from telephony.prompts import verification_prompts
from telephony.services.spoken_codes import DIAL_WITHIN, dialable, new_code

PART = "Test call"
MOST_SECONDS = 120
_UNFINISHED = ("ringing", "speaking")
_NOT_REACHED = {
    17: ("The phone is busy.", "Call another one, or try again."),
    18: ("No one answered.", "Try again, and answer; some phones silence unknown callers."),
    19: ("No one answered.", "Try again, and answer; some phones silence unknown callers."),
    21: (
        "The carrier or the phone refused the call.",
        "Check TRUNK_USERNAME and TRUNK_PASSWORD, whether the carrier knows the brand's caller id, and the phone's blocks.",
    ),
    1: (
        "The carrier does not know the number.",
        "Check the number, and how ASTERISK_DIAL_TEMPLATE writes it.",
    ),
}
_UNKNOWN = (
    "The carrier did not connect it.",
    "Check TRUNK_HOST and TRUNK_MATCH, the firewall for SIP, and the carrier's own log.",
)


def call_a_phone(
    typed: str, heard: Callable[[], str] | None = None, sleep: Callable[[float], Any] = time.sleep
) -> Iterator[Finding]:
    """Call `typed`, speak a code, and say how it went. `heard`: asks the owner for the code that the phone spoke."""
    brand = Brand.objects.filter(is_active=True).order_by("id").first()
    if brand is None:
        yield problem(PART, "No brand is active, so there is no number to call from.", "Run manage.py setup.")
        return
    code, reference = new_code(), new_id("verify")
    try:
        number = dialable(typed)
        answer = adapter_client.verify(
            Verification(
                verification_id=reference,
                number=number,
                caller_id=brand.caller_id,
                sounds=verification_prompts(code),
                not_after=(clock.now() + DIAL_WITHIN).timestamp(),
            )
        )
    except DomainError as error:
        yield problem(
            PART, error.message, "Type the number with its country code, and see TELEPHONY_ALLOWED_PREFIXES."
        )
        return
    except (adapter_client.Refused, adapter_client.Unknown):
        yield problem(PART, "The adapter does not answer.", "Start it, and look at its log.")
        return
    if not answer.is_ok:
        yield problem(PART, f"The adapter says {answer.error or answer.status}.", "Look at its log.")
        return
    yield _judge(_wait(reference, sleep), code, heard)


def _wait(reference: str, sleep: Callable[[float], Any]) -> dict[str, Any]:
    """What became of it, as the adapter says; empty if it does not say."""
    for _ in range(MOST_SECONDS):
        sleep(1)
        try:
            answer = adapter_client.verification(reference)
        except (adapter_client.Refused, adapter_client.Unknown):
            continue
        if not answer.is_ok:
            return {}
        if answer.body.get("state") not in _UNFINISHED:
            return answer.body
    return {}


def _judge(outcome: dict[str, Any], code: str, heard: Callable[[], str] | None) -> Finding:
    state, cause = outcome.get("state"), outcome.get("cause")
    if state == "not_reached":
        words, cure = _NOT_REACHED.get(cause, _UNKNOWN) if isinstance(cause, int) else _UNKNOWN
        return problem(PART, f"{words} (cause {cause})" if cause else words, cure)
    if state != "spoken":
        return problem(PART, "Asterisk would not make the call.", "Read the logs of adapter and Asterisk.")
    if heard is None:
        return ok(PART, "The phone was answered, and the code was spoken.")
    if heard().strip() != code:
        return problem(
            PART,
            "The phone was answered, and the code did not arrive.",
            "Open Asterisk's UDP ports (RTP_START to RTP_END) to the carrier, and check SIP_EXTERNAL_ADDRESS.",
        )
    return ok(PART, "The phone rang, and the voice was heard.")
