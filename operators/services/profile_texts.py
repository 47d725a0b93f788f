"""A profile text's way to the customers: the operator offers it, staff approve or refuse it; the former one stays meanwhile.

`PROFILE_TEXTS_WAIT` off: it is shown at once. What only takes words away, or chooses languages and topics that others on the
same sites show already (`operators.profile_words`), never waits. Every step is on record, with a
digest instead of the text, which goes with the operator's data.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from core import audit, clock
from core.contact_masking import mask
from core.db import transactional
from core.errors import Invalid
from core.parse import checked_reason
from customers.own_account import refuse_own_account
from operators.domain_events import profile_text_decided
from operators.models import Operator, ProfileText
from operators.profile_words import known_words
from operators.services.submissions import check_daily_limit, lock_operator, lock_waiting
from operators.services.working_time import plan_of
from operators.states import ProfileField, ReviewState

MAX_OFFERS_PER_DAY = 60
_OFFER = "profile_text.offer"
_TOO_MANY = "That’s a lot of changes for one day. Please try again tomorrow."
_MAX_LENGTHS = {ProfileField.HEADLINE: 120, ProfileField.BIO: 2000, ProfileField.AUTO_REPLY: 300}
_MAX_WORDS, _MAX_WORD_LENGTH = 10, 40

Value = str | list[str]


@transactional
def change_profile(
    *, operator_id: int, headline: str, bio: str, languages: Sequence[str], specialties: Sequence[str]
) -> list[ProfileField]:
    """What customers are to read, without phone numbers and addresses; the fields whose new text waits for staff now.

    A field that is as it is shown takes back what waits for it. Raises Invalid, LimitReached.
    """
    values: dict[ProfileField, Value] = {
        ProfileField.HEADLINE: mask(headline.strip()),
        ProfileField.BIO: mask(bio.strip()),
        ProfileField.LANGUAGES: [mask(word) for word in languages],
        ProfileField.SPECIALTIES: [mask(word) for word in specialties],
    }
    _check_lengths(values)
    operator = lock_operator(operator_id)
    check_daily_limit(operator.pk, action=_OFFER, most=MAX_OFFERS_PER_DAY, words=_TOO_MANY)
    return [field for field, value in values.items() if _offer(operator, field, value)]


@transactional
def change_auto_reply(*, operator_id: int, text: str, when_away: bool, on_vacation: bool) -> bool:
    """When texts are answered automatically, and what with: `text`, masked; empty: our words. True if it waits for staff now,
    and the former one is sent meanwhile. Raises Invalid, LimitReached.
    """
    value = mask(text.strip())
    _check_lengths({ProfileField.AUTO_REPLY: value})
    operator = lock_operator(operator_id)
    check_daily_limit(operator.pk, action=_OFFER, most=MAX_OFFERS_PER_DAY, words=_TOO_MANY)
    plan = plan_of(operator)
    plan.replies_when_away, plan.replies_on_vacation = when_away, on_vacation
    plan.save(update_fields=["replies_when_away", "replies_on_vacation"])
    return _offer(operator, ProfileField.AUTO_REPLY, value)


@transactional
def withdraw_profile_text(*, operator_id: int, field: ProfileField) -> None:
    """The operator takes back what waits for staff, or has read why it was declined. What customers see stays."""
    operator = lock_operator(operator_id)
    operator.profile_texts.filter(field=field).exclude(state=ReviewState.SHOWN).delete()


@transactional
def approve_profile_text(*, text_id: int, actor: AbstractBaseUser | None) -> None:
    """Show a text that waits instead of what was shown. Raises NotFound if it was replaced or taken back meanwhile,
    and NotAllowed `own_account`.
    """
    text = lock_waiting(ProfileText, text_id)
    refuse_own_account(actor, text.operator)
    text.state = ReviewState.SHOWN
    text.save(update_fields=["state"])
    _publish(text.operator, ProfileField(text.field), text.value)
    _record_decision(text, "approve", actor)
    profile_text_decided.tell(operator=text.operator, field=text.field, decision="approved", reason="")


@transactional
def refuse_profile_text(*, text_id: int, reason: str, actor: AbstractBaseUser | None) -> None:
    """Say no, in words that the operator reads. Raises Invalid without a reason, NotFound as above."""
    reason = checked_reason(reason, "the operator reads it")
    text = lock_waiting(ProfileText, text_id)
    text.state, text.reason = ReviewState.REFUSED, reason
    text.save(update_fields=["state", "reason"])
    _record_decision(text, "refuse", actor)
    profile_text_decided.tell(operator=text.operator, field=text.field, decision="refused", reason=reason)


def _offer(operator: Operator, field: ProfileField, value: Value) -> bool:
    """Whether `value` waits for staff now."""
    shown: Value = getattr(operator, field)
    last = operator.profile_texts.filter(field=field).first()
    waiting = last if last is not None and last.state == ReviewState.WAITING else None
    if waiting is not None and waiting.value == value:
        return True
    if value == shown:
        if waiting is not None:
            waiting.delete()
        return False
    if last is not None:
        last.delete()
    if _needs_nobody(operator, field, value) or not settings.PROFILE_TEXTS_WAIT:
        _publish(operator, field, value)
        return False
    text = ProfileText.objects.create(
        operator=operator, field=field, value=value, state=ReviewState.WAITING, offered_at=clock.now()
    )
    audit.record(actor=operator.user, action=_OFFER, subject=operator, field=field, digest=_digest(text))
    return True


def _check_lengths(values: Mapping[ProfileField, Value]) -> None:
    if any(len(values.get(field, "")) > most for field, most in _MAX_LENGTHS.items()):
        raise Invalid(
            "A headline has at most 120 characters, the text at most 2,000, an automatic reply at most 300."
        )
    for words in values.values():
        if isinstance(words, list) and (
            len(words) > _MAX_WORDS or any(len(word) > _MAX_WORD_LENGTH for word in words)
        ):
            raise Invalid(
                f"At most {_MAX_WORDS} languages and specialties, each at most {_MAX_WORD_LENGTH} characters."
            )


def _needs_nobody(operator: Operator, field: ProfileField, value: Value) -> bool:
    """Whether customers may see it at once: nothing, or words that they see already."""
    if not value or not isinstance(value, list):
        return not value
    shown: list[str] = getattr(operator, field)
    new = set(value) - set(shown)
    return not new or new <= set(known_words(operator)[field])


def _publish(operator: Operator, field: ProfileField, value: Value) -> None:
    setattr(operator, field, value)
    operator.save(update_fields=[field])


def _record_decision(text: ProfileText, decision: str, actor: AbstractBaseUser | None) -> None:
    audit.record(
        actor=actor,
        action=f"profile_text.{decision}",
        subject=text.operator,
        reason=text.reason,
        field=text.field,
        digest=_digest(text),
    )


def _digest(text: ProfileText) -> str:
    return sha256(text.words.encode()).hexdigest()[:32]
