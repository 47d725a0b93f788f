"""Words of the outbox: what a notice is about, and how far it has come."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class NoticeKind(TextChoices):
    """What happened. Each kind that is mailed has one template, `templates/notices/<kind>.mjml`; each has an entry in `notices.kinds`."""

    LOGIN_CODE = "login_code", "code to log in"
    ADDRESS_CODE = "address_code", "code to confirm an address"
    PASSWORD_RESET = "password_reset", "link to choose a password"
    ACCOUNT_EXISTS = "account_exists", "sign-up with a known address"
    NO_ACCOUNT = "no_account", "login with an unknown address"
    SECURITY_CHANGE = "security_change", "change to a login"
    RECEIPT = "receipt", "receipt of a call"
    FUNDS_ANSWERED = "funds_answered", "how to add funds"
    FUNDS_CREDITED = "funds_credited", "funds added by staff"
    FUNDS_DECLINED = "funds_declined", "request for funds declined"
    PAYMENT_RECEIVED = "payment_received", "funds added by card"
    PAYMENT_DISPUTED = "payment_disputed", "card payment in dispute"
    PAID_BACK = "paid_back", "paid back to a card"
    PAY_BACK_REFUSED = "pay_back_refused", "refused by a card"
    CASE_OPENED = "case_opened", "case opened"
    CASE_ANSWERED = "case_answered", "case answered"
    CASE_DECIDED = "case_decided", "appeal decided"
    ACCESS_APPROVED = "access_approved", "access code"
    ACCESS_DECLINED = "access_declined", "application for access declined"
    REFUND = "refund", "refund"
    CHARGE_CORRECTED = "charge_corrected", "charge of a call corrected"
    SELF_EXCLUDED = "self_excluded", "self-exclusion began"
    ACCOUNT_CLOSED = "account_closed", "account closed"
    BALANCE_RETURNED = "balance_returned", "balance of a closed account paid back"
    ERASURE_REQUESTED = "erasure_requested", "data to be erased"
    ERASED = "erased", "data erased"
    DATA_READY = "data_ready", "copy of a person’s data"
    OPERATOR_APPROVED = "operator_approved", "operator approved"
    OPERATOR_SUSPENDED = "operator_suspended", "operator suspended"
    APPLICATION_RECEIVED = "application_received", "operator’s application received"
    APPLICATION_INCOMPLETE = "application_incomplete", "something missing in an operator’s application"
    APPLICATION_DECLINED = "application_declined", "operator’s application declined"
    FIRST_CALL = "first_call", "operator’s first call"
    FIRST_STATEMENT = "first_statement", "operator’s first statement"
    TAX_FORM_EXPIRING = "tax_form_expiring", "operator’s tax form about to expire"
    PHOTO_APPROVED = "photo_approved", "photo approved"
    PHOTO_REFUSED = "photo_refused", "photo declined"
    PHOTO_REMOVED = "photo_removed", "photo removed by staff"
    GREETING_APPROVED = "greeting_approved", "greeting approved"
    GREETING_REFUSED = "greeting_refused", "greeting declined"
    GREETING_REMOVED = "greeting_removed", "greeting removed by staff"
    EARNINGS_HELD = "earnings_held", "earnings held"
    EARNINGS_RELEASED = "earnings_released", "held earnings released"
    EARNINGS_WITHDRAWN = "earnings_withdrawn", "held earnings refunded"
    PAYOUT_ACCOUNT_CHANGED = "payout_account_changed", "where an operator is paid changed"
    PAYOUT_APPROVED = "payout_approved", "payout on its way"
    PAYOUT_PAID = "payout_paid", "payout paid"
    PAYOUT_RETURNED = "payout_returned", "payout returned"
    PROFILE_TEXT_APPROVED = "profile_text_approved", "profile text approved"
    PROFILE_TEXT_REFUSED = "profile_text_refused", "profile text declined"
    WATCHED_FREE = "watched_free", "operator is free now"
    CALLBACK_REQUESTED = "callback_requested", "callback requested, to the operator"
    CALLBACK_OFFERED = "callback_offered", "callback offered"
    CALLBACK_DECLINED = "callback_declined", "callback declined"
    HOURS_BEGIN = "hours_begin", "hours begin soon, to the operator"
    SERVER_ERROR = "server_error", "error on the site, to the owner"
    LEDGER_HEAD = "ledger_head", "head of the ledger's seals, to the owner"
    MORNING = "morning", "figures of the day before, to the owner"
    EXCHANGE_ALARM = "exchange_alarm", "busy exchange, to the owner"
    APPROVAL_REQUESTED = "approval_requested", "approval requested"
    APPROVAL_DELAYED = "approval_delayed", "request above a limit, to the owner"
    APPROVAL_DECIDED = "approval_decided", "request for approval decided"
    MESSAGE_WAITING = "message_waiting", "unread message"
    MINUTES_ENDING = "minutes_ending", "free minutes about to expire"
    LIMIT_REACHED = "limit_reached", "call ended by a limit"
    DIGEST = "digest", "daily email"
    TEST = "test", "test of notifications"
    OPERATOR_RING = "operator_ring", "incoming call, to the operator"
    OPERATOR_MISSED = "operator_missed", "missed call, to the operator"
    OPERATOR_RING_OVER = "operator_ring_over", "call no longer ringing, to the operator"
    OPERATOR_MESSAGE = "operator_message", "unread message, to the operator"
    OPERATOR_HOURS = "operator_hours", "hours begin soon, notification to the operator"
    OPERATOR_ACCOUNT = "operator_account", "where an operator is paid changed, notification to the operator"
    OPERATOR_CALLBACK = "operator_callback", "callback requested, notification to the operator"


class NoticeState(TextChoices):
    """How far a notice has come.

    `queued` → `sending` → `sent`, or → `failed` (tried again later) → `sending` …, or → `given_up`. A row is claimed for
    sending by one conditional UPDATE, so what was sent is never sent again; staff may queue what was given up. `skipped`:
    the person turned this off, or has it another way.
    """

    QUEUED = "queued", "queued"
    SENDING = "sending", "sending"
    SENT = "sent", "sent"
    FAILED = "failed", "failed, tried again later"
    GIVEN_UP = "given_up", "given up"
    SKIPPED = "skipped", "not wanted"


class Channel(TextChoices):
    """By which way a notice reaches a person."""

    MAIL = "mail", _("email")
    PUSH = "push", _("notification")


class PreferenceGroup(TextChoices):
    """Kinds that a person turns on and off together."""

    MESSAGES = "messages", _("Messages")
    CALLBACKS = "callbacks", _("Callbacks and availability")
    MONEY = "money", _("Balance and free minutes")
    ACCOUNT = "account", _("Limits")
    RECEIPTS = "receipts", _("Call receipts")
    CALLS = "calls", _("Calls")  # operators’ alone


CUSTOMER_GROUPS: tuple[PreferenceGroup, ...] = tuple(
    group for group in PreferenceGroup if group != PreferenceGroup.CALLS
)
OPERATOR_GROUPS: tuple[PreferenceGroup, ...] = (
    PreferenceGroup.CALLS,
    PreferenceGroup.MESSAGES,
    PreferenceGroup.CALLBACKS,
)
WAITING = (NoticeState.QUEUED, NoticeState.FAILED)  # may be claimed
UNFINISHED = (*WAITING, NoticeState.SENDING)
