"""Greetings of some operators of the demo, spoken by the synthesizer of the phone's sounds; none where it isn't installed."""

from customers.models import User
from operators.models import Operator
from operators.services.greetings import approve_greeting, prepare_greeting, upload_greeting
from telephony.sounds import Sound
from telephony.speech import SpeechError, require_programs, speak

_APPROVED = {
    "sarah": "Hi, this is Sarah. I grew up above a jazz club, and I never learned to go to bed early. Tell me about your day.",
    "mira": "Hello, Mira here. I like slow stories and good questions. Take your time.",
    "elena": "Good evening, I'm Elena. I paint by day, and I listen at night. Call me when it's quiet.",
    "ruby": "Hey, it's Ruby. I laugh easily, and I remember what you told me last time.",
}
_WAITING = {
    "ines": "Hello, this is Ines. I have missed trains in eleven languages. Ask me about any of them."
}


def give_greetings() -> bool:
    """Put them in for operators who never recorded any. False without a synthesizer."""
    try:
        require_programs()
    except SpeechError:
        return False
    staff = User.objects.get(email="staff@aeims.test")
    rows = Operator.objects.filter(slug__in=[*_APPROVED, *_WAITING], greetings__isnull=True)
    for operator in rows:
        text = _APPROVED.get(operator.slug) or _WAITING[operator.slug]
        greeting = upload_greeting(operator_id=operator.pk, data=speak(Sound(text)))
        prepare_greeting(greeting_id=greeting.pk)
        if operator.slug in _APPROVED:
            approve_greeting(greeting_id=greeting.pk, actor=staff)
    return True
