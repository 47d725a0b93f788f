"""Reads that sockets of several sites share: once a change and process, whoever looks."""

from django.utils.translation import ngettext

from telephony.models import Call
from telephony.push_reads import call_for_push
from web.live import Hint, Update, shared

_MOST_SHOWN = 99


def read_call(hint: Hint) -> Call:
    """The call that a hint names, ready for everybody's snapshot. Raises UnknownCall."""
    return shared.once(("call", hint.key, hint.sequence), lambda: call_for_push(hint.key))


def notices_update(count: int, sequence: int) -> Update:
    """How many notices wait behind the bell, for the header of every page."""
    number = "" if not count else str(count) if count <= _MOST_SHOWN else f"{_MOST_SHOWN}+"
    return Update("notices", "notices", sequence, slots={"notices": number})


def unread_update(count: int, sequence: int, conversation_id: int | None = None) -> Update:
    """How many messages wait, for the header of every page. `conversation_id`: where that changed."""
    number = "" if not count else str(count) if count <= _MOST_SHOWN else f"{_MOST_SHOWN}+"
    words = (
        ngettext("%(count)s new message", "%(count)s new messages", count) % {"count": count} if count else ""
    )
    about = f"conversation.{conversation_id}" if conversation_id else "messages"
    return Update("unread", about, sequence, slots={"unread": number, "unread-said": words})
