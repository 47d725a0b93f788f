"""Words of a call, shared by Django and the adapter. Plain enums: no Django, no I/O.

The status words are the seed's and part of the API; reasons say more and may grow.
"""

from enum import StrEnum


class CallStatus(StrEnum):
    """Where a call stands, as every page and the API name it."""

    INITIATED = "initiated"  # accepted from the customer, nothing dialled yet
    RINGING = "ringing"  # a phone rings or hears its prompt; nothing is charged
    ANSWERED = "answered"  # both parties are joined; charging runs
    BUSY = "busy"  # a party was busy or declined
    NO_ANSWER = "no_answer"  # no answer, no key, wrong key
    FAILED = "failed"  # the network's fault or ours
    ENDED = "ended"  # was joined, or cancelled by the customer


LIVE_STATUSES = frozenset({CallStatus.INITIATED, CallStatus.RINGING, CallStatus.ANSWERED})
FINAL_STATUSES = frozenset(CallStatus) - LIVE_STATUSES


class EventState(StrEnum):
    """What an event from the adapter reports (`state` of the seed's CallEvent)."""

    RINGING = "ringing"
    ANSWERED = "answered"
    STARTED = "started"
    PROGRESS = "progress"
    ADD_FUNDS = "add_funds"
    ENDED = "ended"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"


ENDINGS = frozenset({EventState.ENDED, EventState.BUSY, EventState.NO_ANSWER, EventState.FAILED})


class Leg(StrEnum):
    """The two sides of a call."""

    CUSTOMER = "customer"
    OPERATOR = "operator"


class EndedBy(StrEnum):
    """Who brought the call to its end."""

    CUSTOMER = "customer"
    OPERATOR = "operator"
    STAFF = "staff"
    PLATFORM = "platform"  # the paid-for time was over, or a limit was reached
    NETWORK = "network"  # carrier, Asterisk or a process of ours failed


class CallFunds(StrEnum):
    """What became of the key that adds funds, on the page of the call."""

    CHARGING = "charging"
    DECLINED = "declined"


class ReservationState(StrEnum):
    """Where a reservation of an operator stands. It leaves `open` once."""

    OPEN = "open"
    USED = "used"  # the customer called
    RELEASED = "released"  # by either of them, or because either can no longer talk
    EXPIRED = "expired"


class WatchState(StrEnum):
    """Where a wish to be told that an operator is free stands. It leaves `open` once."""

    OPEN = "open"
    TOLD = "told"
    CALLED = "called"  # the customer called the operator first
    CANCELED = "canceled"  # by the customer
    CLOSED = "closed"  # the two may not talk any more
    EXPIRED = "expired"


class CallbackState(StrEnum):
    """Where a request for a callback stands. It is open while it is `requested` or `offered`, and leaves that once."""

    REQUESTED = "requested"
    OFFERED = "offered"  # the operator called back; the customer has two minutes
    ACCEPTED = "accepted"  # the customer called, or answered the phone that was called for it
    MISSED = "missed"  # the offer was over before that
    DECLINED = "declined"  # by the operator
    CANCELED = "canceled"  # by the customer
    EXPIRED = "expired"  # the operator didn't get to it
    CLOSED = "closed"  # the two may not talk any more


OPEN_CALLBACKS = (CallbackState.REQUESTED, CallbackState.OFFERED)


class GreetingCallState(StrEnum):
    """How far a call is that records an operator's greeting. It is live until it is `kept` or `ended`."""

    RINGING = "ringing"
    RECORDING = "recording"  # the phone was answered; what to do is said, then the tone, then they speak
    REVIEWING = "reviewing"  # it is played back, and the call waits for 1 or 2
    KEPT = "kept"  # they pressed 1, and the recording went the way of an uploaded one
    ENDED = "ended"  # without a recording


class GreetingCallEnd(StrEnum):
    """Why such a call came to nothing."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"
    HUNG_UP = "hung_up"  # before 1 was pressed
    TOO_SHORT = "too_short"  # each time
    NO_KEY = "no_key"
    FAILED = "failed"  # the phone system could not record
    LOST = "lost"  # nothing more was heard of it
    REFUSED = "refused"  # the recording came in and was not taken: `reason` says why


LIVE_GREETING_CALLS = (
    GreetingCallState.RINGING,
    GreetingCallState.RECORDING,
    GreetingCallState.REVIEWING,
)


class CorrectionState(StrEnum):
    """Where the correction of a call stands that a person decides about."""

    WAITING = "waiting"
    APPROVED = "approved"
    DECLINED = "declined"


class EndReason(StrEnum):
    """Why a call ended, finer than its status."""

    HANGUP = "hangup"  # joined; `ended_by` says who
    CREDIT_EXHAUSTED = "credit_exhausted"  # joined; end of the final grant
    NOT_RENEWED = "not_renewed"  # joined; the granted time ran out and no more could be confirmed
    HOLD_LIMIT = "hold_limit"  # joined; on hold for too long by the party that `ended_by` names
    MEDIA_LOST = "media_lost"  # joined; a phone fell silent (rtp_timeout)
    NODE_SILENT = "node_silent"  # joined; no call of the node carried sound any more
    SAFETY_LIMIT = "safety_limit"  # joined; Asterisk's own limit ended it
    SWITCH_LOST = "switch_lost"  # Asterisk went away
    CUSTOMER_CANCELLED = "customer_cancelled"
    CUSTOMER_BUSY = "customer_busy"
    CUSTOMER_DECLINED = "customer_declined"
    CUSTOMER_NO_ANSWER = "customer_no_answer"
    CUSTOMER_NO_KEY = "customer_no_key"
    CUSTOMER_WRONG_KEY = "customer_wrong_key"
    CUSTOMER_DO_NOT_CALL = "customer_do_not_call"  # pressed 9: the number is not called again
    CUSTOMER_UNREACHABLE = "customer_unreachable"
    OPERATOR_BUSY = "operator_busy"
    OPERATOR_DECLINED = "operator_declined"
    OPERATOR_NO_ANSWER = "operator_no_answer"
    OPERATOR_NO_KEY = "operator_no_key"
    OPERATOR_WRONG_KEY = "operator_wrong_key"
    OPERATOR_DO_NOT_CALL = "operator_do_not_call"
    OPERATOR_UNREACHABLE = "operator_unreachable"
    CARRIER_FAULT = "carrier_fault"  # the carrier never said that a phone rings
    STAFF_ENDED = "staff_ended"
    ADAPTER_RESTARTED = "adapter_restarted"  # unjoined when the adapter came back
    PHONE_SYSTEM_UNAVAILABLE = "phone_system_unavailable"  # never reached the adapter
    EXPIRED = "expired"  # reached the adapter too late to be dialled
    UNHEARD = "unheard"  # an hour of silence; settled to the last second known
