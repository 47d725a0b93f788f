"""What can stand in the way of a call, in words for the person who clicked."""

from core.errors import Conflict, LimitReached, NotAllowed, NotFound, Unavailable


class AlreadyInCall(Conflict):
    """The customer has a live call. Extra: `call_id` where it is known."""

    code = "already_in_call"


class OperatorBusy(Conflict):
    """Somebody else talks to the operator."""

    code = "operator_busy"


class OperatorOffline(Conflict):
    """The operator takes no calls now."""

    code = "operator_offline"


class PhoneNotVerified(NotAllowed):
    """The number is not a verified one of this customer."""

    code = "phone_not_verified"


class NumberNotAllowed(NotAllowed):
    """The house does not ring such numbers."""

    code = "number_not_allowed"


class TooManyAttempts(LimitReached):
    """Too many calls in a row that nobody joined."""

    code = "limit_reached"


class PhoneSystemUnavailable(Unavailable):
    """The adapter or Asterisk cannot be reached."""

    code = "phone_system_unavailable"


class UnknownCall(NotFound):
    """No such call, or somebody else's."""

    code = "not_found"


class NotAnswered(Conflict):
    """The operator's phone was not picked up yet."""

    code = "not_answered"


class UnknownGreetingCall(NotFound):
    """No call that records a greeting has this id."""

    code = "unknown_greeting_id"
