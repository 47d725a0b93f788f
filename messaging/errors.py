"""What can stand in the way of a message, in words for the person who wrote it. Nothing was charged in any of them."""

from core.errors import Conflict, Invalid, LimitReached, NotFound, Unavailable


class EmptyText(Invalid):
    """Nothing but space."""

    code = "empty"


class TextTooLong(Invalid):
    """Too many characters, or too many SMS. Extra: `limit`."""

    code = "too_long"


class NotTakingMessages(Conflict):
    """The operator takes no messages."""

    code = "not_taking_messages"


class PriceChanged(Conflict):
    """The price is not the one that was shown. Extra: `price_minor`."""

    code = "price_changed"


class ContactsHidden(Conflict):
    """Something in the text would be hidden, and its writer did not agree to that. Extra: `preview`, how it will read."""

    code = "contacts_hidden"


class KeyReused(Conflict):
    """The client's key was used for another text."""

    code = "idempotency_conflict"


class TooFast(LimitReached):
    """Too many messages in a minute."""

    code = "limit_reached"


class SmsNotAvailable(Unavailable):
    """The brand has no SMS, or none for texts."""

    code = "sms_not_available"


class NoSuchConversation(NotFound):
    """There is none, or it is somebody else's."""

    code = "not_found"
