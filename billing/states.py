"""Words of credit control and free minutes."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class AuthorizationState(TextChoices):
    """Where an authorization stands. It leaves `open` once."""

    OPEN = "open", "running"
    SETTLED = "settled", "charged"
    RELEASED = "released", "not charged"


class GrantBound(TextChoices):
    """What keeps a call from lasting longer."""

    BALANCE = "balance", "the balance"
    DAILY_LIMIT = "daily_limit", "the customer's daily spending limit"
    WEEKLY_LIMIT = "weekly_limit", "the customer's weekly spending limit"
    MONTHLY_LIMIT = "monthly_limit", "the customer's monthly spending limit"
    DAILY_MINUTES = "daily_minutes", "the customer's daily limit on minutes"
    WEEKLY_MINUTES = "weekly_minutes", "the customer's weekly limit on minutes"
    MONTHLY_MINUTES = "monthly_minutes", "the customer's monthly limit on minutes"
    CALL_AMOUNT = "call_amount", "the amount the customer chose for this call"
    CALL_END = "call_end", "the end time the customer chose for this call"
    LONGEST_CALL = "longest_call", "the longest call the platform allows"
    ACCOUNT = "account", "the customer takes a break or closed the account"
    UNAVAILABLE = "unavailable", "the operator is suspended or the brand is switched off"


class FundedBy(TextChoices):
    """Who stands for free minutes: the operator who gave them earns nothing on them."""

    PLATFORM = "platform", "the platform"
    OPERATOR = "operator", "the operator"


class OfferKind(TextChoices):
    """On which occasion an offer is given."""

    WELCOME = "welcome", "welcome"
    LOAD_BONUS = "load_bonus", "bonus on the first load"
    CODE = "code", "code"


class MarkerKind(TextChoices):
    """By what a person is known who was given an offer before."""

    NUMBER = "number", "phone number"
    DEVICE = "device", "browser"
    CARD = "card", "card"


class CreditSource(TextChoices):
    """Which account a credit by staff comes from."""

    RECEIVED = "received", "money received: transfer, cash"
    ADJUSTMENT = "adjustment", "correction by staff"
    PROMO = "promo", "promotional credit"


class FundsRequestState(TextChoices):
    """Where a customer's wish for more funds stands."""

    WAITING = "waiting", "waiting"
    DONE = "done", "credited"
    DECLINED = "declined", "declined"


class ApprovalState(TextChoices):
    """Where a request for a second person's approval stands. It leaves `waiting` once."""

    WAITING = "waiting", "waiting"
    APPROVED = "approved", "approved"
    DECLINED = "declined", "declined"
    WITHDRAWN = "withdrawn", "withdrawn"
    EXPIRED = "expired", "expired"


class HoldKind(TextChoices):
    """Why earnings are held. The operator's words for it are in `billing.earnings_rules`."""

    SHARED_NETWORK = "shared_network", "both logged in from one network address"
    LARGE_SHARE = "large_share", "one customer pays much of the week"
    SILENT_LEG = "silent_leg", "one side of the call was silent"


class HoldState(TextChoices):
    """Where held earnings stand. They leave `open` once."""

    OPEN = "open", "held"
    RELEASED = "released", "released"
    WITHDRAWN = "withdrawn", "given back"


class PaymentState(TextChoices):
    """Where a card payment stands. Money is credited by what the processor says of it, in whichever state it is by then."""

    CREATED = "created", "not begun"
    REDIRECTED = "redirected", "on the card company's page"
    PENDING = "pending", "waiting for the card company"
    CAPTURED = "captured", "paid"
    DECLINED = "declined", "declined"
    CANCELED = "canceled", "canceled"
    UNKNOWN = "unknown", "not answered yet"
    REFUNDED = "refunded", "paid back"
    DISPUTED = "disputed", "disputed"


class PaymentProblem(TextChoices):
    """Why a payment that the processor reports is not credited, or not all of it: staff look at it."""

    NONE = "", "none"
    WRONG_AMOUNT = "amount", "another amount than ours"
    WRONG_CURRENCY = "currency", "another currency than ours"
    WRONG_ACCOUNT = "account", "paid to another merchant account"
    USED_TWICE = "used_twice", "the same charge was reported for another payment"
    CHARGED_TWICE = "charged_twice", "the card was charged more than once"


class ReportKind(TextChoices):
    """What a line of a processor's report says of a charge."""

    SALE = "sale", "taken from the card"
    REFUND = "refund", "given back"
    VOID = "void", "never taken after all"
    CHARGEBACK = "chargeback", "taken back by the bank"


class StatedKind(TextChoices):
    """What a line of a processor's statement says happened."""

    SALE = "sale", "sale"
    REFUND = "refund", "refund"
    CHARGEBACK = "chargeback", "chargeback"
    REVERSAL = "reversal", "chargeback reversed"
    DEPOSIT = "deposit", "deposit to the bank"


class DifferenceKind(TextChoices):
    """How a statement of a processor and our books differ."""

    AMOUNT = "amount", "another amount or currency than ours"
    UNKNOWN = "unknown", "not in our books"
    DUPLICATE = "duplicate", "stated twice"
    MISSING = "missing", "in no statement"
    BANK = "bank", "another amount arrived at the bank"


class DifferenceState(TextChoices):
    """Where a difference stands. It leaves `open` once."""

    OPEN = "open", "open"
    ACCEPTED = "accepted", "booked as stated"
    DISMISSED = "dismissed", "not booked"
    AGREED = "agreed", "agreed later"


class CollusionState(TextChoices):
    """Where a finding of collusion stands: `recorded` → `contested` → `upheld` or `reversed`."""

    RECORDED = "recorded", "taken back"
    CONTESTED = "contested", "contested"
    UPHELD = "upheld", "upheld"
    REVERSED = "reversed", "restored"


class PayBackState(TextChoices):
    """Where money that goes back to a card stands. It leaves `in_transit` once."""

    IN_TRANSIT = "in_transit", "on its way"
    DONE = "done", "paid back"
    REFUSED = "refused", "refused by the card company"


class CaseKind(TextChoices):
    """What a case is about."""

    CALL = "call", _("a call")
    TEXT = "text", _("a text")
    CHARGE = "charge", _("a charge")
    COMPLAINT = "complaint", _("a complaint")
    DISPUTE = "dispute", _("a card dispute")
    CONTEST = "contest", _("held earnings")


class CaseProblem(TextChoices):
    """What is wrong, as the person chose it; empty for complaints and disputes."""

    NONE = "", "none"
    POOR_SOUND = "poor_sound", _("Poor sound")
    CUT_OFF = "cut_off", _("We were cut off")
    WRONG_PERSON = "wrong_person", _("Not who I expected")
    WRONG_CHARGE = "wrong_charge", _("I was charged wrong")
    UNKNOWN_CHARGE = "unknown_charge", _("I don’t recognize this charge")
    BY_MISTAKE = "by_mistake", _("I paid it by mistake")
    OTHER = "other", _("Something else")


class CaseState(TextChoices):
    """Where a case stands: `open` → `answered` → `closed` in time, or → `appealed` → `closed`."""

    OPEN = "open", _("open")
    ANSWERED = "answered", _("answered")
    APPEALED = "appealed", _("appealed")
    CLOSED = "closed", _("closed")


class CaseOutcome(TextChoices):
    """What the last answer to a case came to."""

    NONE = "", "none yet"
    GRANTED = "granted", "in their favor"
    PARTLY = "partly", "partly in their favor"
    DECLINED = "declined", "not in their favor"
