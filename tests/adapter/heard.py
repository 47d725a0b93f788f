"""What phones were played, as text, and whether it is anything that a voicemail must not record."""

from telephony import sounds
from telephony.prompts import customer_prompts, operator_prompts
from telephony.states import Leg
from tests.adapter.rig import SUFFIX, Rig

BRAND, NAME, ALIAS = "Velvet dot example", "Luna", "Amber Heron 482"
PROMPTS = {
    "customer__prompts": customer_prompts(BRAND, NAME, 399, {"connect fee": 99}),
    "operator__prompts": operator_prompts(ALIAS, BRAND, 399, False),
}
_TEXTS = {f"sound:aeims/{name}": sound.text for name, sound in sounds.neutral_sounds().items()} | {
    f"sound:aeims/{sound.content_name}": sound.text
    for sound in (sounds.you_are_calling(BRAND), sounds.call_from(BRAND), sounds.operator_name(NAME))
}
_NAMES = {*BRAND.lower().split(), NAME.lower(), *ALIAS.lower().split()}
_MONEY = {"price", "fee", "free", "charged", "dollar", "dollars", "cent", "cents", "minute", "minutes"}
_KEYS = {"1", "9"}


def heard(rig: Rig, call_id: str, leg: Leg) -> list[str]:
    """The sentences that this phone was played, as text."""
    return [_TEXTS[what] for channel, what in rig.switch.played if channel == f"{call_id}-{SUFFIX[leg]}"]


def is_private(text: str) -> bool:
    """Whether it says a brand, a name, or a price."""
    words = {*text.lower().replace(".", "").replace(",", "").split()}
    return bool(words & (_NAMES | _MONEY)) or any(word.isdigit() for word in words - _KEYS)
