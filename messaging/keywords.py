"""STOP, HELP and START as people write them (CTIA Messaging Principles section 5.1.3; 47 CFR 64.1200(a)(10)). Pure."""

import re
import unicodedata

from messaging.states import ConsentAction

_STOP = {
    "stop", "stopall", "stop all", "stop it", "stop please", "please stop", "stop texting me", "stop messages",
    "stop texting", "unsubscribe", "unsubscribe me", "cancel", "end", "quit", "revoke", "optout", "opt out",
    "remove me",
}  # fmt: skip
_START = {"start", "unstop", "optin", "opt in"}
_START_IF_STOPPED = {"yes", "y", "subscribe"}  # ordinary words in a conversation that goes on
_HELP = {"help", "info"}


def keyword_of(text: str, *, is_stopped: bool) -> ConsentAction | None:
    """The keyword that `text` is, or None. Case, punctuation and surrounding space do not matter; other words do.

    `is_stopped`: whether the number has said STOP; then a plain YES means START.
    """
    words = _plain(text)
    if words in _STOP:
        return ConsentAction.STOP
    if words in _START or (is_stopped and words in _START_IF_STOPPED):
        return ConsentAction.START
    if words in _HELP:
        return ConsentAction.HELP
    return None


def _plain(text: str) -> str:
    """Lower case letters with single spaces: " S-T-O-P. " is not worth a guess, "Opt-Out!" is "opt out". Characters that nobody
    sees, as some phones put before or between the letters, are left out.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    seen = "".join(c for c in folded if unicodedata.category(c) != "Cf" and c != "'")
    return " ".join(re.findall(r"[^\W_]+", seen))
