"""What a lock screen shows of a notice: the one place where a push notification is written. The discretion page asks it, too."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from django.templatetags.static import static
from django.utils.translation import gettext as _

from brands.models import Brand
from notices.kinds import RULES
from notices.pages import APP_ICON
from notices.states import NoticeKind, PreferenceGroup

_NAMES = "{operator}"
ICON_SIZE = 192
_PORTAL_ICON = "icons/portal-180.png"


class Manner(StrEnum):
    """How an operator’s notification behaves."""

    RING = "ring"  # stays until it is answered or replaced, and sounds again for each call
    SILENT = "silent"  # takes the place of another without a sound


@dataclass(frozen=True, slots=True)
class LockScreen:
    """One notification. `path`: the page that a tap opens; `tag`: a newer one with it takes its place.

    `manner`: how the portal shows it (`Manner`); customers’ have none.
    """

    title: str
    body: str
    icon: str
    tag: str
    path: str
    manner: str = ""

    def encode(self) -> bytes:
        """As it travels to the service worker."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True).encode()


def lock_screen_of(
    kind: NoticeKind, brand: Brand, texts: Mapping[str, object], *, path: str, names_people: bool = False
) -> LockScreen:
    """Without the person's name unless they chose so, and never a mood, an amount, or a reason."""
    rules = RULES[kind]
    is_naming = names_people and _NAMES in rules.words and bool(texts.get("operator"))
    body = _(rules.words).format(**texts) if is_naming else _(rules.lock_words)
    return LockScreen(
        title=brand.app_title, body=body, icon=APP_ICON.path(ICON_SIZE), tag=tag_of(kind, path), path=path
    )


def portal_screen_of(kind: NoticeKind, *, path: str) -> LockScreen:
    """Of the operators’ portal: it names no one, and says no more than that somebody wants something."""
    rules = RULES[kind]
    is_call = rules.group == PreferenceGroup.CALLS
    return LockScreen(
        title=_(rules.subject),
        body=_(rules.lock_words),
        icon=static(_PORTAL_ICON),
        tag=CALL_TAG if is_call else tag_of(kind, path),
        path=path,
        manner=_MANNERS.get(kind, ""),
    )


def tag_of(kind: NoticeKind, path: str) -> str:
    """Says nothing to a push service, which sees it as the message's topic."""
    return hashlib.sha256(f"{kind} {path}".encode()).hexdigest()[:32]


CALL_TAG = tag_of(NoticeKind.OPERATOR_RING, "")  # of all about ringing: an operator has one call at a time
_MANNERS = {NoticeKind.OPERATOR_RING: Manner.RING, NoticeKind.OPERATOR_RING_OVER: Manner.SILENT}
