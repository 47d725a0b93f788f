"""Self-exclusion: how long somebody may choose not to be able to spend, and the trigger that lets nobody shorten it."""

from datetime import UTC, datetime, timedelta

import pgtrigger

FOR_GOOD = datetime(9000, 1, 1, tzinfo=UTC)
EXCLUSIONS: dict[str, timedelta | None] = {
    "6-months": timedelta(days=183),
    "1-year": timedelta(days=365),
    "5-years": timedelta(days=5 * 365 + 1),
    "for-good": None,
}

# Whoever writes: a service, staff, a shell. It ends by itself.
NEVER_SHORTER = pgtrigger.Trigger(
    name="exclusion_never_shorter",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.Q(old__excluded_until__isnull=False),
    func="""
        IF OLD.excluded_until > clock_timestamp()
           AND (NEW.excluded_until IS NULL OR NEW.excluded_until < OLD.excluded_until) THEN
            RAISE EXCEPTION 'self-exclusion is never shortened' USING ERRCODE = 'AE409';
        END IF;
        RETURN NEW;
    """,
)


def excluded_until(length: str, at: datetime) -> datetime:
    """The end of an exclusion that begins at `at`; `length` is a key of EXCLUSIONS."""
    span = EXCLUSIONS[length]
    return FOR_GOOD if span is None else at + span


def is_for_good(until: datetime) -> bool:
    """Whether an exclusion has no end."""
    return until >= FOR_GOOD
