"""What the house may set about messages (settings.MESSAGING); what differs by brand is `messaging.models.BrandRules`."""

from datetime import timedelta

from django.conf import settings


def max_length() -> int:
    """Characters in a message."""
    return int(settings.MESSAGING["MAX_LENGTH"])


def max_segments() -> int:
    """SMS a text may take when it goes out by SMS."""
    return int(settings.MESSAGING["MAX_SEGMENTS"])


def max_per_minute() -> int:
    """Messages of one person in one conversation and minute."""
    return int(settings.MESSAGING["MAX_PER_MINUTE"])


def session_gap() -> timedelta:
    """A pause longer than this ends an activity window."""
    return timedelta(seconds=int(settings.MESSAGING["SESSION_GAP_SECONDS"]))


def alert_delay() -> timedelta:
    """How long a message may stay unread before its reader is alerted."""
    return timedelta(seconds=int(settings.MESSAGING["ALERT_DELAY_SECONDS"]))


def notice_delay() -> timedelta:
    """How long a message may stay unread before a notice says so."""
    return timedelta(seconds=int(settings.MESSAGING["NOTICE_DELAY_SECONDS"]))


def answers_unknown_numbers() -> bool:
    """Whether a number we do not know is told, once a day, where it ended up."""
    return bool(settings.MESSAGING["ANSWERS_UNKNOWN_NUMBERS"])


# Not settings: protections whose values were chosen for machines that answer machines.
MAX_SMS_IN_FIVE_MINUTES = 10
MAX_SAME_SMS_IN_A_ROW = 2
UNKNOWN_ANSWERED_EVERY = timedelta(days=1)
OUTCOME_UNKNOWN_AFTER = timedelta(hours=1)
