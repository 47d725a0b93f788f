"""Makes the sounds that rows and settings ask for, once each (`manage.py make_prompts`, the worker)."""

import logging
from dataclasses import dataclass

from billing import conf
from billing.fees import all_fee_words
from brands.models import Brand
from operators.models import Operator
from operators.states import ApprovalStatus
from telephony import sounds, speech
from telephony.models import SoundFile

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Made:
    """What a run came to. `failed`: the texts that could not be spoken, each with the reason in the log."""

    made: int
    failed: list[str]


def missing_sounds() -> list[sounds.Sound]:
    """What calls of today's active brands and approved operators would need and is not there, without repeats."""
    wanted = {sound.content_id: sound for sound in [*_sounds_of_rows(), *_sounds_of_settings()]}
    existing = set(SoundFile.objects.filter(content_id__in=list(wanted)).values_list("content_id", flat=True))
    return [sound for content_id, sound in wanted.items() if content_id not in existing]


def make_missing_sounds(*, limit: int | None = None) -> Made:
    """Make what is missing, at most `limit`; safe beside another run. Raises SpeechError without a synthesizer."""
    missing = missing_sounds()[:limit]
    if missing:
        speech.require_programs()
    failed = []
    for sound in missing:
        try:
            data = speech.speak(sound)
        except speech.SpeechError as error:
            log.error("%s: %s", sound.text, error)
            failed.append(sound.text)
        else:
            SoundFile.objects.bulk_create(
                [SoundFile(content_id=sound.content_id, text=sound.text[:200], data=data)],
                ignore_conflicts=True,
            )
    return Made(len(missing) - len(failed), failed)


def _sounds_of_rows() -> list[sounds.Sound]:
    brands = [brand.name_to_speak for brand in Brand.objects.filter(is_active=True)]
    operators = Operator.objects.filter(approval_status=ApprovalStatus.APPROVED).order_by("id")
    names = operators.values_list("stage_name", flat=True)
    return [
        *(make(brand) for brand in brands for make in (sounds.you_are_calling, sounds.call_from)),
        *(sounds.operator_name(name) for name in names),
    ]


def _sounds_of_settings() -> list[sounds.Sound]:
    """Warnings and fees that nodes have no neutral sound of."""
    wanted = [*map(sounds.warning, conf.warn_at_seconds()), *map(sounds.fee, all_fee_words())]
    return [sound for sound in wanted if not sounds.is_neutral(sound)]
