"""The call module of an operator's page: which of its states it is in, and the words that go with it.

Pure: it is given what the selectors read (`storefront.call_panels`). The page and its pushes are made from it alike.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing.fees import Fee
from core.money import format_money
from operators.states import Availability
from storefront.cards import OperatorCard
from storefront.price_example import Example
from telephony.states import CallFunds, CallStatus, EndReason
from web.holds import customer_hold_words
from web.templatetags.ui import in_minutes


class CallPanelState(StrEnum):
    """What the module shows; the words are hooks of styles, scripts and tests."""

    VISITOR = "visitor"  # nobody is logged in: what it costs, and the way to an account
    READY = "ready"
    UNFUNDED = "unfunded"  # the balance does not buy a first minute
    UNREADY = "unready"  # something about the account is in the way: no verified phone, a break, closed
    BUSY = "busy"
    AWAY = "away"
    OFFLINE = "offline"
    ELSEWHERE = "elsewhere"  # the customer talks with somebody else
    CONNECTING = "connecting"
    RINGING = "ringing"
    LIVE = "live"
    ENDED = "ended"
    FAILED = "failed"


SCREENED = gettext_noop("Your phone answered, but nobody pressed 1.")
_RUNNING = {
    CallStatus.INITIATED: CallPanelState.CONNECTING,
    CallStatus.RINGING: CallPanelState.RINGING,
    CallStatus.ANSWERED: CallPanelState.LIVE,
}
_FUNDS_WORDS: dict[str, str] = {
    CallFunds.CHARGING: gettext_noop("We’re charging your card."),
    CallFunds.DECLINED: gettext_noop("Your card was declined. Nothing was charged."),
}
_NOT_ONLINE = {
    Availability.BUSY: (CallPanelState.BUSY, gettext_noop("%(name)s is busy")),
    Availability.AWAY: (CallPanelState.AWAY, gettext_noop("%(name)s is away")),
    Availability.OFFLINE: (CallPanelState.OFFLINE, gettext_noop("%(name)s is offline")),
}
_ONLINE = (None, gettext_noop("%(name)s is online"))


@dataclass(frozen=True, slots=True)
class Funds:
    """What the customer has for this operator: cents, seconds, and the least a call takes."""

    balance_minor: int
    free_seconds: int
    talk_seconds: int  # free and paid together; 0 if a call may not start
    required_minor: int
    currency: str = "USD"
    limit_name: str = ""  # of the customer's limit that ends the call before the balance would


_NO_FUNDS = Funds(balance_minor=0, free_seconds=0, talk_seconds=0, required_minor=0)


@dataclass(frozen=True, slots=True)
class CallPanel:
    """Everything the call module shows. `call` is a customer's snapshot; `example` is there for visitors alone."""

    state: CallPanelState
    operator: OperatorCard
    fees: tuple[Fee, ...] = ()  # before a call
    tax_words: str = ""  # before a call; empty if it isn't taxed
    funds: Funds = _NO_FUNDS
    key: str = ""  # idempotency key of the form
    example: Example | None = None
    call: dict[str, Any] | None = None
    phone_hint: str = ""
    brand_number: str = ""
    customer_confirms: bool = True
    unready_words: str = ""
    unready_url: str = ""  # where the customer can mend it, by verifying a phone
    unready_links: tuple[tuple[str, str], ...] = ()  # other ways to mend it: words and address
    error: str = ""
    as_of: int = 0  # orders what is shown before a call; a call orders itself

    @property
    def is_visitors(self) -> bool:
        """Whether it is for somebody without an account, so that nothing of one is shown."""
        return self.example is not None

    @property
    def is_running(self) -> bool:
        return self.state in _RUNNING.values()

    @property
    def is_live(self) -> bool:
        return self.state == CallPanelState.LIVE

    @property
    def is_over(self) -> bool:
        return self.state in (CallPanelState.ENDED, CallPanelState.FAILED)

    @property
    def _own_call(self) -> dict[str, Any] | None:
        """The call with this operator that is shown."""
        return self.call if self.is_running or self.is_over else None

    @property
    def object(self) -> str:
        """What the panel is about: the call that is shown or, before one, the operator."""
        return f"call.{self._own_call['call_id']}" if self._own_call else f"operator.{self.operator.id}"

    @property
    def sequence(self) -> int:
        return int(self._own_call["sequence"]) if self._own_call else self.as_of

    @property
    def address(self) -> str:
        """Where a reload shows the same call; empty before one."""
        return f"?call={self._own_call['call_id']}" if self._own_call else ""

    @property
    def announcement(self) -> str:
        """What a screen reader is told when the state changes."""
        if self.is_over and self.call:
            return str(self.call["message"])
        if self.hold_words:
            return self.hold_words
        if self.is_screened:
            return _(SCREENED)
        return {
            CallPanelState.CONNECTING: _("Connecting"),
            CallPanelState.RINGING: _("Ringing"),
            CallPanelState.LIVE: _("You’re talking with %(operator)s") % {"operator": self.operator.name},
        }.get(self.state, "")

    @property
    def is_screened(self) -> bool:
        """Whether the customer's phone answered and nobody pressed 1, now or when the call ended."""
        return bool(self._own_call and self._own_call["is_screened"]) and not self.is_live

    @property
    def screened_words(self) -> str:
        """What to do about a phone that screens calls; empty where none seems to."""
        if not self.is_screened:
            return ""
        if self.is_over:
            return _("If your phone screens calls, it doesn’t know us yet. You can call again right away.")
        return _(
            "Your phone answered, but nobody pressed 1. "
            "If your phone screens calls, accept this one on its screen, then press 1."
        )

    @property
    def failed_title(self) -> str:
        """Above a call that came to nothing."""
        is_canceled = self.call is not None and self.call.get("end_reason") == EndReason.CUSTOMER_CANCELLED
        return _("Call canceled") if is_canceled else _("No connection this time")

    @property
    def hold_words(self) -> str:
        """That the call is on hold, and what comes of it; empty while they talk."""
        return customer_hold_words(self.call) if self.is_live and self.call else ""

    @property
    def funds_words(self) -> str:
        """What became of the key that adds funds; empty where none was pressed, and once they came."""
        return _(_FUNDS_WORDS.get(self.call["funds_state"], "")) if self.is_live and self.call else ""

    @property
    def availability_sentence(self) -> str:
        return _(_NOT_ONLINE.get(self.operator.availability, _ONLINE)[1]) % {"name": self.operator.name}

    @property
    def balance_words(self) -> str:
        return format_money(self.funds.balance_minor, self.funds.currency)

    @property
    def required_words(self) -> str:
        return format_money(self.funds.required_minor, self.funds.currency)

    @property
    def free_seconds(self) -> int:
        return self.funds.free_seconds

    @property
    def free_words(self) -> str:
        return in_minutes(self.funds.free_seconds)

    @property
    def talk_words(self) -> str:
        if self.funds.talk_seconds == 0:
            return _("not enough yet")
        limit, minutes = self.funds.limit_name, in_minutes(self.funds.talk_seconds)
        if limit:
            return _("about %(minutes)s (your %(limit)s)") % {"minutes": minutes, "limit": limit}
        return _("about %(minutes)s") % {"minutes": minutes}

    @property
    def step(self) -> int:
        """Where the waiting stands: 0 setting up, 1 the customer's phone, 2 the operator's."""
        if self.call is None or self.call["status"] == CallStatus.INITIATED:
            return 0
        return 2 if self.call["ringing_leg"] == "operator" else 1

    @property
    def hangup_url(self) -> str:
        return reverse("hang-up", args=[self.call["call_id"] if self.call else "none"])

    @property
    def tip_url(self) -> str:
        """Tipping the operator: while they talk, and after a call that was charged; empty else."""
        call = self._own_call
        if call is None or call["joined_at_ms"] is None or not (self.is_live or call["charged_minor"]):
            return ""
        return reverse("tip", args=[call["call_id"]])

    @property
    def cap_url(self) -> str:
        """Bounding the running call by an amount or an end time; empty unless they talk."""
        return reverse("cap-call", args=[self.call["call_id"]]) if self.is_live and self.call else ""

    @property
    def load_words(self) -> str:
        """What one tap adds in a running call, "$20"; empty where nothing is added by one."""
        minor = self.call["load_minor"] if self.is_live and self.call else 0
        return format_money(minor, self.operator.currency).removesuffix(".00") if minor else ""

    @property
    def load_url(self) -> str:
        return reverse("call-funds", args=[self.call["call_id"] if self.call else "none"])

    @property
    def message_url(self) -> str:
        return reverse("conversation", args=[self.operator.slug])

    @property
    def funds_url(self) -> str:
        """Adding funds for talk with this operator, and back here."""
        query = {"next": self.operator.url + self.address, "operator": self.operator.slug}
        return f"{reverse('funds')}?{urlencode(query)}"


def visitor_panel(
    operator: OperatorCard, example: Example, *, brand_number: str, as_of: int = 0
) -> CallPanel:
    """The call module for somebody without an account."""
    return CallPanel(
        state=_NOT_ONLINE.get(operator.availability, (CallPanelState.VISITOR, ""))[0],
        operator=operator,
        fees=example.fees,
        tax_words=example.tax_words,
        example=example,
        brand_number=brand_number,
        as_of=as_of,
    )


def panel_state(
    operator: OperatorCard,
    funds: Funds,
    *,
    live: dict[str, Any] | None,
    shown: dict[str, Any] | None,
    is_ready: bool,
) -> CallPanelState:
    """`live`: the customer's running call; `shown`: the call the address names; `is_ready`: the account may call."""
    if live is not None:
        return state_of_call(live) if live["operator_id"] == operator.id else CallPanelState.ELSEWHERE
    if shown is not None and shown["operator_id"] == operator.id:
        return state_of_call(shown)
    if operator.availability in _NOT_ONLINE:
        return _NOT_ONLINE[operator.availability][0]
    return state_online(funds, is_ready=is_ready)


def state_online(funds: Funds, *, is_ready: bool) -> CallPanelState:
    """What an operator who is online means for this customer."""
    if not is_ready:
        return CallPanelState.UNREADY
    return CallPanelState.READY if funds.talk_seconds else CallPanelState.UNFUNDED


def state_of_call(call: dict[str, Any]) -> CallPanelState:
    """The state a snapshot means: a call that was never joined has failed, however it ended."""
    running = _RUNNING.get(CallStatus(call["status"]))
    if running is not None:
        return running
    return CallPanelState.FAILED if call["joined_at_ms"] is None else CallPanelState.ENDED
