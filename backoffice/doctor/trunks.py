"""The carriers: whether each takes our calls, as Asterisk knows it, and how they sign our caller ids, as the owner says."""

from collections.abc import Iterator
from typing import Any

from backoffice.doctor.findings import Finding, advice, ok, problem
from brands.models import Brand
from brands.states import Attestation
from telephony import adapter_client

# The adapter's words for a trunk (`telephony.adapter.trunk.TrunkState`): what it means, and what to do.
_WELL = {"registered": "Registered with the carrier.", "reachable": "The carrier answers."}
_WRONG = {
    "rejected": (
        "The carrier refuses our registration.",
        "Correct {setting}_USERNAME, {setting}_PASSWORD, and {setting}_DOMAIN; ask the carrier whether the account is open.",
    ),
    "not_registered": (
        "We are not registered with the carrier yet.",
        "Check again in a minute, then check {setting}_HOST, {setting}_TRANSPORT, and Asterisk's log.",
    ),
    "unreachable": (
        "The carrier does not answer.",
        "Check {setting}_HOST, {setting}_PORT, {setting}_TRANSPORT, and the firewall; with TLS Asterisk's log says what is wrong with its certificate.",
    ),
}
_UNKNOWN_CURE = "Check again in a minute. If {setting}_QUALIFY_SECONDS is 0, only a call can tell: --call +1…"
_ASK = "Ask the carrier. Level A says that it knows us and that the number is ours; then write it on the brand in the admin."


def trunks_take_calls() -> Iterator[Finding]:
    """What Asterisk knows of each by registering and by asking; an older adapter does not say."""
    try:
        trunks = adapter_client.health().body.get("trunks")
    except (adapter_client.Refused, adapter_client.Unknown):
        return  # `services_are_well` says it
    for number, trunk in enumerate(trunks if isinstance(trunks, list) else [], 1):
        yield _state_of(trunk, "TRUNK" if number == 1 else f"TRUNK{number}")


def _state_of(trunk: dict[str, Any], setting: str) -> Finding:
    part, state = f"Trunk {trunk.get('name', setting)}", trunk.get("state", "")
    refused = ""
    if count := int(trunk.get("refused") or 0):
        refused = f" It did not take {count} calls since the adapter started, the last: {trunk.get('last_refusal')}."
    if state in _WELL:
        return ok(part, _WELL[state] + refused)
    words, cure = _WRONG.get(
        state, ("Asterisk does not know yet whether the carrier answers.", _UNKNOWN_CURE)
    )
    finding = problem if state in _WRONG else advice
    return finding(part, words + refused, cure.format(setting=setting))


def caller_ids_are_signed() -> Iterator[Finding]:
    """Nothing here can see how a carrier signs a call (STIR/SHAKEN), so what the owner wrote down is told (`--go-live`)."""
    for brand in Brand.objects.filter(is_active=True):
        part, level = f"Caller ids of {brand.name}", brand.caller_id_attestation
        if not level:
            yield advice(part, "Nobody has written down with which level the carrier signs them.", _ASK)
        elif level != Attestation.FULL:
            words = f"The carrier signs them with level {level}: phones may warn of the calls or block them."
            yield advice(part, words, "Prove to the carrier that the numbers are yours, and ask for level A.")
        else:
            yield ok(part, "The carrier signs them with level A, by what is written on the brand.")
