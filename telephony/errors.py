"""What can stand in the way of a call, in words for the person who clicked."""

from core.errors import Conflict, LimitReached, NotAllowed, NotFound, Unavailable


class AlreadyInCall(Conflict):
    code = "already_in_call"


class OperatorBusy(Conflict):
    code = "operator_busy"


class OperatorOffline(Conflict):
    code = "operator_offline"


class PhoneNotVerified(NotAllowed):
    code = "phone_not_verified"


class NumberNotAllowed(NotAllowed):
    code = "number_not_allowed"


class Blocked(NotAllowed):
    code = "blocked"


class TooManyAttempts(LimitReached):
    code = "limit_reached"


class PhoneSystemUnavailable(Unavailable):
    code = "phone_system_unavailable"


class UnknownCall(NotFound):
    code = "not_found"


class NotAnswered(Conflict):
    code = "not_answered"
