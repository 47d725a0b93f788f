"""What Django may ask that rings one phone alone: a code that is spoken, a greeting that is recorded. A repeat of a known one does nothing."""

from telephony.adapter.adapter import Adapter
from telephony.call_plan import Verification
from telephony.greeting_wire import GreetingCallPlan


async def speak_code(adapter: Adapter, request: Verification, told: float | None) -> None:
    """Speak a code to a phone. `told`: Django's date as it came with the request (epoch seconds). Raises Refusal."""
    is_late = await adapter.dates.is_past(request.not_after, told)
    if not adapter.verifications.knows(request.verification_id):
        _admit(adapter, request.number, is_late=is_late, is_full=adapter.verifications.is_full)
        adapter.verifications.start(request)


async def record_greeting(adapter: Adapter, plan: GreetingCallPlan, told: float | None) -> None:
    """Call an operator's phone and record what they say; all else as `speak_code`."""
    is_late = await adapter.dates.is_past(plan.not_after, told)
    if not adapter.greetings.knows(plan.greeting_id):
        _admit(adapter, plan.number, is_late=is_late, is_full=adapter.greetings.is_full)
        adapter.greetings.start(plan)


def _admit(adapter: Adapter, number: str, *, is_late: bool, is_full: bool) -> None:
    adapter.require_readiness(is_late)
    adapter.require_dialable(number)
    adapter.capacity.take_one(is_full=is_full)
