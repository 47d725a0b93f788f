"""A person says what they want to be told, by which way, and when."""

from collections.abc import Mapping, Sequence
from datetime import time

from core.db import transactional
from customers.models import Customer, User
from notices.models import DeliverySettings, NoticePreference
from notices.preferences import Way
from notices.selectors import choices_of, mail_wanted
from notices.states import Channel, PreferenceGroup


@transactional
def save_preferences(person: User, ways: Mapping[Way, bool]) -> None:
    """Turn these groups on or off by these channels; what is not named stays."""
    receipts = ways.get((PreferenceGroup.RECEIPTS, Channel.MAIL))
    if receipts is not None:
        Customer.objects.filter(user=person).update(mails_receipts=receipts)
    NoticePreference.objects.bulk_create(
        [
            NoticePreference(person=person, group=group, channel=channel, is_on=is_on)
            for (group, channel), is_on in ways.items()
            if group != PreferenceGroup.RECEIPTS
        ],
        update_conflicts=True,
        unique_fields=["person", "group", "channel"],
        update_fields=["is_on"],
    )


@transactional
def save_delivery(
    person: User,
    *,
    quiet_hours: tuple[time, time] | None,
    has_digest: bool,
    names_people: bool,
    takes_first_texts: bool = True,
) -> None:
    """When notices may come, whether what can wait is one email a day, whether a lock screen may name people, and whether operators
    may write first.
    """
    start, end = quiet_hours or (None, None)
    values = {
        "quiet_from": start,
        "quiet_until": end,
        "has_digest": has_digest,
        "names_people": names_people,
        "takes_first_texts": takes_first_texts,
    }
    DeliverySettings.objects.update_or_create(person=person, defaults=values)


@transactional
def turn_mail_off(person: User, groups: Sequence[PreferenceGroup]) -> tuple[PreferenceGroup, ...]:
    """Turn off mail about these groups; those that were on, so that it can be undone."""
    choices = choices_of(person)
    were_on = tuple(group for group in groups if mail_wanted(choices, group))
    save_preferences(person, {(group, Channel.MAIL): False for group in were_on})
    return were_on


@transactional
def turn_mail_on(person: User, groups: Sequence[PreferenceGroup]) -> None:
    """Undo that."""
    save_preferences(person, {(group, Channel.MAIL): True for group in groups})
