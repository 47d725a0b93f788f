"""Every sound that a call may need: its name, and the words in it. Pure: standard library only, no Django, no I/O.

Two kinds. The **neutral** ones name nobody; they have fixed names (`common/…`, `numbers/…`, `neutral/…`) and are made
when a node is set up (`deploy/asterisk/make_prompts.py`), so they are always there. The ones that name a brand or an
operator come from rows, others from settings; their name is made of their **content** (`content/<id>`), so a changed row
is another sound and a sound never changes. `telephony.prompts` puts both into plans, a neutral one behind each of these.
"""

import hashlib
from dataclasses import dataclass
from functools import cache

RECIPE = "3"  # raise it when the same words are to sound otherwise: voice, speed, filters
CONTENT_FOLDER = "content"
CONTENT_ID_PATTERN = r"[0-9a-f]{32}"


@dataclass(frozen=True, slots=True)
class Sound:
    """What is said; `tone`: after half a second of 1000 Hz; `joined`: part of a sentence, so with no pause around it.

    Without a text it is the tone that somebody hears while they are on hold.
    """

    text: str
    tone: bool = False
    joined: bool = False

    @property
    def content_id(self) -> str:
        """32 hex digits of words and recipe: equal for equal sounds, another for any other."""
        content = repr((RECIPE, self.text, self.tone, self.joined))
        return hashlib.sha256(content.encode()).hexdigest()[:32]

    @property
    def content_name(self) -> str:
        """Its name in a plan and on a node."""
        return f"{CONTENT_FOLDER}/{self.content_id}"


def you_are_calling(brand: str) -> Sound:
    """What the customer hears after their 1; `brand` as it is spoken."""
    return _sound(f"This is {brand}. You are calling")


def call_from(brand: str) -> Sound:
    """What the operator hears after their first 1; `brand` as it is spoken."""
    return _sound(f"You have a call from {brand}. The caller's price is")


def operator_name(name: str) -> Sound:
    """The operator's stage name, at the end of `you_are_calling`."""
    return _sound(f"{name}.")


def fee(words: str) -> Sound:
    """What the customer hears before the amount of a fee, such as a "connect fee"."""
    return _sound(f"There is also {'an' if words[0] in 'aeiou' else 'a'} {words} of")


def warning(seconds_left: int) -> Sound:
    """What the customer hears with so many seconds left of the last granted time."""
    minutes, rest = divmod(seconds_left, 60)
    count, unit = (seconds_left, "second") if rest else (minutes, "minute")
    plain = f"{count} {unit}{'' if count == 1 else 's'} left."
    return Sound(_WARNINGS.get(f"warning-{seconds_left}", plain), tone=True)


def is_neutral(sound: Sound) -> bool:
    """Whether every node has it."""
    return sound in _neutral_names()


def name_in_plan(sound: Sound, behind: str) -> str:
    """How a plan names a sound that settings ask for: by its fixed name, or by its content with a neutral one behind it."""
    return _neutral_names().get(sound) or f"{sound.content_name}|{behind}"


@cache
def _neutral_names() -> dict[Sound, str]:
    return {sound: name for name, sound in neutral_sounds().items()}


def neutral_sounds() -> dict[str, Sound]:
    """Every sound of a node that has fetched nothing, by name."""
    sounds = {f"numbers/{number}": Sound(str(number), joined=True) for number in range(100)}
    sounds |= {f"neutral/{name}": _sound(text) for name, text in _NEUTRAL.items()}
    sounds |= {f"common/{name}": _sound(text) for name, text in _COMMON.items()}
    sounds["hold/tone"] = Sound("", tone=True)
    sounds |= {f"alias/{word.lower()}": Sound(word, joined=True) for word in ALIAS_WORDS}
    return sounds | {f"common/{name}": Sound(text, tone=True) for name, text in _WARNINGS.items()}


def _sound(text: str) -> Sound:
    return Sound(text, joined=text[-1] != ".")


# The words of the names under which operators know customers (`customers.aliases`; a test compares the two).
ALIAS_WORDS = (
    "Amber", "Autumn", "Cedar", "Cobalt", "Coral", "Copper", "Dawn", "Ember", "Fern", "Harbor", "Hazel", "Indigo",
    "Ivory", "Juniper", "Linden", "Maple", "Falcon", "Finch", "Fox", "Heron", "Kestrel", "Lark", "Lynx", "Marten",
    "Otter", "Owl", "Plover", "Raven", "Robin", "Sparrow", "Swift", "Wren",
)  # fmt: skip

_NOT_CHARGED = "You were not charged."
_NEUTRAL = {  # behind the sounds that name somebody
    "you-are-calling": "You are calling",
    "your-operator": "your operator.",
    "call-from": "You have a call. The caller's price is",
}
_COMMON = {
    "the-price-is": "The price is",
    "connect-fee": "There is also a connect fee of",
    "fee": "There is also a fee of",
    "press-1-for-your-call": "Press 1 for the call you asked for.",
    "press-1-for-a-call": "You have a call. Press 1 to hear more.",
    "press-9-to-stop": "To stop calls to this phone, press 9.",
    "not-called-again": "We won't call this phone again. Goodbye.",
    "press-5-to-add": "Press 5 to add",
    "charging-card": "Thank you. We are charging your card.",
    "card-declined": "Your card was declined. Nothing was charged.",
    "card-not-charged": "We couldn't charge your card now. Nothing was charged.",
    "plus-tax": "plus tax.",
    "press-1-to-connect": "Press 1 to connect.",  # in plans of an older web, as press-1-to-accept
    "operator-busy": f"We are sorry, your operator is busy right now. {_NOT_CHARGED}",
    "operator-declined": f"We are sorry, your operator is busy right now. {_NOT_CHARGED}",
    "operator-no-answer": f"We are sorry, your operator did not answer. {_NOT_CHARGED}",
    "operator-no-key": f"We are sorry, your operator did not take the call. {_NOT_CHARGED}",
    "operator-wrong-key": f"We are sorry, your operator did not take the call. {_NOT_CHARGED}",
    "operator-do-not-call": f"We are sorry, your operator cannot be reached right now. {_NOT_CHARGED}",
    "operator-unreachable": f"We are sorry, your operator cannot be reached right now. {_NOT_CHARGED}",
    "failed": f"We are sorry, the call could not be connected. {_NOT_CHARGED}",
    "dollar": "dollar",
    "dollars": "dollars",
    "cent": "cent",
    "cents": "cents",
    "hundred": "hundred",
    "dollar-a-minute": "dollar a minute.",
    "dollars-a-minute": "dollars a minute.",
    "cent-a-minute": "cent a minute.",
    "cents-a-minute": "cents a minute.",
    "free-minutes-paid": "The caller has free minutes. You are paid for them.",
    "free-minutes-unpaid": "The caller has free minutes from you. They are not paid.",
    "press-1-to-accept": "Press 1 to accept.",
    "press-1-or-2": "To accept, press 1. To decline, press 2.",
    "the-caller-is": "The caller is",
    "new-caller": "A new caller,",
    "returning-caller": "A returning caller,",
    "a-customer": "a customer.",
    "connecting": "Thank you. We are connecting you now.",
    "your-code-is": "Hello. Here is the code that you asked for.",
    "once-more": "Once more.",
    "goodbye": "Thank you. Goodbye.",
    "test-call": "This is a test call. Press 1.",
    "test-call-worked": "Thank you. This phone works. Goodbye.",
    "record-after-the-tone": "After the tone, say your message, in up to twenty seconds. When you are done, press pound.",
    "recording-too-short": "That was too short.",
    "your-recording": "Here is your message.",
    "press-1-to-keep": "To keep it, press 1. To record again, press 2.",
    "recording-kept": "Thank you. Your message is saved. Goodbye.",
    "recording-not-kept": "Nothing was saved. Goodbye.",
}
_WARNINGS = {
    "warning-60": "One minute left.",
    "warning-15": "Fifteen seconds left.",
    "warning": "A little time is left.",  # at other marks of AEIMS_WARN_AT_SECONDS, until the node has their words
}
