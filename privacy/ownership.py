"""Whose each table is: how its rows belong to a person, what erasing that person does to them, and what an export shows.

Export (`services/export_data.py`) and erasure (`services/erase_person.py`) follow this table and nothing else. A model that is
neither here nor in `NOBODYS` fails a test.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from core import clock
from customers.erased import ERASED_HOST, erased_address
from customers.models import Customer, CustomerPhone, User
from messaging.states import Side
from operators.models import Operator, OperatorPhone
from operators.states import ApprovalStatus, Presence
from privacy.erasing import Delete, Empty, Forget, Keep
from privacy.retention import NOT_PERSONAL


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who logs in, with what they are here."""

    user: User
    customer: Customer | None
    operator: Operator | None

    @classmethod
    def of(cls, user: User) -> "Person":
        """Read anew."""
        customer = Customer.objects.filter(user=user).first()
        return cls(user, customer, Operator.objects.filter(user=user).first())

    @property
    def record_subject(self) -> User | Customer | Operator:
        """Whom the audit trail names, so that staff see it on the page about them."""
        return self.customer or self.operator or self.user

    @property
    def subjects(self) -> list[str]:
        """What the audit trail calls them."""
        rows = [row for row in (self.user, self.customer, self.operator) if row is not None]
        return [f"{row._meta.label_lower}:{row.pk}" for row in rows]


Where = Callable[[Person], Q | None]


def of_user(path: str) -> Where:
    """Rows whose `path` is the person's login."""
    return lambda person: Q((path, person.user.pk))


def of_customer(path: str, **conditions: Any) -> Where:
    """Rows whose `path` is the person's customer account; none where there is no such account."""
    return lambda person: Q((path, person.customer.pk), **conditions) if person.customer else None


def of_operator(path: str, **conditions: Any) -> Where:
    """The same for an operator."""
    return lambda person: Q((path, person.operator.pk), **conditions) if person.operator else None


def _by_number(person: Person) -> Q:
    return Q(phone_number__in=numbers_of(person))


def numbers_of(person: Person) -> list[int]:
    """The ids of all numbers that are or were the person's (`phones.PhoneNumber`)."""
    phones = CustomerPhone.objects.filter(customer=person.customer)
    numbers = list(phones.values_list("phone_number", flat=True)) if person.customer else []
    if person.operator:
        numbers += person.operator.phones.values_list("phone_number", flat=True)
        if person.operator.phone_number_id:
            numbers.append(person.operator.phone_number_id)
    return numbers


def _complaints_by_email(person: Person) -> Q:
    """Those of the public page, which know no account, and an operator's reports."""
    return Q(customer=None, email=person.user.email.lower())


def _numbers_of_nobody_else(person: Person) -> Q:
    numbers = numbers_of(person)
    others = CustomerPhone.objects.filter(phone_number__in=numbers).exclude(customer=person.customer)
    operators = Operator.objects.filter(phone_number__in=numbers).exclude(user=person.user)
    once = OperatorPhone.objects.filter(phone_number__in=numbers).exclude(operator__user=person.user)
    still_needed = {
        *once.exclude(operator__user__email__endswith=ERASED_HOST).values_list("phone_number", flat=True),
        *others.exclude(customer__user__email__endswith=ERASED_HOST).values_list("phone_number", flat=True),
        *operators.exclude(user__email__endswith=ERASED_HOST).values_list("phone_number", flat=True),
    }
    return Q(pk__in=[number for number in numbers if number not in still_needed])


@dataclass(frozen=True, slots=True)
class Belongs:
    """One way in which a table's rows belong to a person.

    `hidden`: columns that an export leaves out: secrets, our own keys, and what is somebody else's. `is_exported`: False
    for rows that hold nothing but such.
    """

    model: str
    where: Where
    erase: Keep | Delete | Empty | Forget
    hidden: tuple[str, ...] = field(default=())
    is_exported: bool = True


_BOOKS = Keep("the books are never changed")
_COUNTED = Keep("counts of calls and texts, without a name")
_LOGIN = Delete()
_CASE = Empty(
    {"words": "", "answer": "", "appeal": "", "decision": "", "email": "", "evidence": lambda row: {}}
)

# In the order in which rows are erased: what is found through another table comes before it.
TABLE: tuple[Belongs, ...] = (
    # -- the login
    Belongs("account.EmailConfirmation", of_user("email_address__user"), _LOGIN, is_exported=False),
    Belongs("account.EmailAddress", of_user("user"), _LOGIN),
    Belongs("mfa.Authenticator", of_user("user"), _LOGIN, hidden=("data",)),
    Belongs("authtoken.Token", of_user("user"), _LOGIN, hidden=("key",)),
    Belongs("usersessions.UserSession", of_user("user"), _LOGIN, hidden=("session_key", "data")),
    Belongs("customers.User_groups", of_user("user"), _LOGIN, is_exported=False),
    Belongs("customers.User_user_permissions", of_user("user"), _LOGIN, is_exported=False),
    Belongs("core.IdempotentAnswer", of_user("user"), Delete(), hidden=("fingerprint",)),
    Belongs("customers.Device", of_user("user"), Keep("hashes of random numbers, by which a block and a break are obeyed"), hidden=("marker_hash",)),
    Belongs("customers.LoginNetwork", of_user("user"), Delete(), hidden=("network_hash",)),
    Belongs("notices.Notice", of_user("recipient"), Delete(), hidden=("payload", "message_id", "key", "error", "subscription")),
    Belongs("notices.PageNotice", of_user("person"), Delete()),
    Belongs("notices.PushSubscription", of_user("person"), Delete(), hidden=("endpoint", "endpoint_hash", "keys", "session")),
    Belongs("notices.NoticePreference", of_user("person"), Delete()),
    Belongs("notices.DeliverySettings", of_user("person"), Delete()),
    Belongs("core.AuditRecord", lambda person: Q(subject__in=person.subjects) | Q(actor=person.user), Keep("who did what, without a name"), hidden=("actor",)),
    Belongs("admin.LogEntry", of_user("user"), Keep("who did what, without a name"), hidden=("content_type",)),
    *(
        Belongs(f"history.{name}Change", where, Keep("who changed what, without personal data"), hidden=("pgh_context",))
        for name, where in (
            ("User", of_user("pgh_obj")),
            ("Role", of_user("user")),
            ("Right", of_user("user")),
            ("Customer", of_customer("pgh_obj")),
            ("Limit", of_customer("customer")),
            ("Operator", of_operator("pgh_obj")),
            ("Listing", of_operator("operator")),
        )
    ),
    # -- phones and SMS
    Belongs("customers.PhoneVerification", of_user("user"), Delete(), hidden=("code_hash",)),
    Belongs("customers.PhoneVerification", of_customer("customer"), Delete(), hidden=("code_hash",)),
    Belongs("messaging.Sms", _by_number, Delete(), hidden=("body_sha256",)),
    Belongs("messaging.SmsRoute", of_customer("conversation__customer", side=Side.CUSTOMER), Delete()),
    Belongs("messaging.SmsRoute", of_operator("conversation__operator", side=Side.OPERATOR), Delete()),
    Belongs("messaging.SmsConsent", _by_number, Keep("a STOP is never forgotten"), hidden=("actor",)),
    Belongs("customers.CustomerPhone", of_customer("customer"), Empty({"verified_at": None, "is_primary": False})),
    Belongs("operators.OperatorPhone", of_operator("operator"), Keep("by the number's hash nobody calls themselves in a new account")),
    Belongs("phones.PhoneNumber", _numbers_of_nobody_else, Forget(), is_exported=False),  # shown where they are used
    # -- what was said and thought
    Belongs("messaging.Message", of_customer("conversation__customer"), Empty({"text": "", "text_sha256": b""}), hidden=("text_sha256", "client_key")),
    Belongs("messaging.Message", of_operator("conversation__operator", sender_type=Side.OPERATOR), Empty({"text": "", "text_sha256": b""}), hidden=("text_sha256", "client_key")),
    Belongs("messaging.ChatSession", of_customer("conversation__customer"), _COUNTED),
    Belongs("messaging.ChatSession", of_operator("conversation__operator"), _COUNTED),
    Belongs("messaging.ReplyWait", of_operator("operator"), _COUNTED),
    Belongs("messaging.Report", of_customer("conversation__customer"), Empty({"reason": "", "outcome": ""}), hidden=("handled_by",)),
    Belongs("messaging.Report", of_operator("conversation__operator"), Empty({"reason": "", "outcome": ""}), hidden=("handled_by",)),
    Belongs("messaging.Conversation", of_customer("customer"), Empty({"customer_draft": "", "operator_draft": ""}), hidden=("operator_draft",)),
    Belongs("messaging.Conversation", of_operator("operator"), Empty({"operator_draft": ""}), hidden=("customer_draft",)),
    Belongs("operators.Favourite", of_customer("customer"), Delete()),
    Belongs("operators.Favourite", of_operator("operator"), Delete(), is_exported=False),
    Belongs("operators.Block", of_customer("customer"), Keep("a block is obeyed whoever returns")),
    Belongs("operators.Block", of_operator("operator"), Keep("a block is obeyed whoever returns")),
    # An operator's notes are the operator's own: a customer is told that there may be some, not what they say.
    Belongs("operators.Note", of_customer("customer"), Delete(), is_exported=False),
    Belongs("operators.Note", of_operator("operator"), Delete()),
    Belongs("operators.Rating", of_customer("customer"), Empty({"review": "", "topic": "", "answer": "", "answered_at": None})),
    Belongs("operators.Rating", of_operator("operator"), Empty({"answer": "", "answered_at": None})),
    Belongs("operators.Interaction", of_customer("customer"), _COUNTED),
    Belongs("operators.Interaction", of_operator("operator"), _COUNTED),
    Belongs("operators.BrandContact", of_customer("customer"), _COUNTED),
    Belongs("operators.BrandContact", of_operator("operator"), _COUNTED),
    # -- money and calls
    Belongs("ledger.Entry", of_customer("account__customer"), _BOOKS),
    Belongs("ledger.Entry", of_operator("account__operator"), _BOOKS),
    Belongs("ledger.AccountQuarterHour", of_customer("account__customer"), _BOOKS, is_exported=False),  # sums of the entries
    Belongs("ledger.AccountQuarterHour", of_operator("account__operator"), _BOOKS, is_exported=False),
    Belongs("ledger.Account", of_customer("customer"), _BOOKS),
    Belongs("ledger.Account", of_operator("operator"), _BOOKS),
    Belongs("ledger.Transaction", of_customer("customer"), _BOOKS, hidden=("fingerprint", "idempotency_key", "actor")),
    Belongs("ledger.Transaction", of_operator("operator"), _BOOKS, hidden=("fingerprint", "idempotency_key", "actor")),
    Belongs("billing.Reservation", of_customer("authorization__customer"), _BOOKS),
    Belongs("billing.Authorization", of_customer("customer"), _BOOKS),
    Belongs("billing.Authorization", of_operator("operator"), _BOOKS),
    Belongs("billing.FreeMinutesPackage", of_customer("customer"), _BOOKS, hidden=("granted_by", "idempotency_key")),
    Belongs("billing.FreeMinutesPackage", of_operator("operator"), _BOOKS, hidden=("granted_by", "idempotency_key")),
    Belongs("billing.ApprovalRequest", of_customer("customer"), _BOOKS, hidden=("arguments", "idempotency_key", "requested_by", "decided_by")),
    Belongs("billing.ApprovalRequest", of_operator("operator"), _BOOKS, hidden=("arguments", "idempotency_key", "requested_by", "decided_by")),
    Belongs("billing.HeldEarning", of_customer("hold__customer"), _BOOKS, is_exported=False),  # what staff look into
    Belongs("billing.HeldEarning", of_operator("operator"), _BOOKS),
    Belongs("billing.EarningsHold", of_customer("customer"), _BOOKS, is_exported=False),
    Belongs("billing.EarningsHold", of_operator("operator"), _BOOKS, hidden=("customer", "evidence", "reason", "decided_by")),
    Belongs("operators.Referral", of_customer("customer"), _BOOKS),
    Belongs("operators.Referral", of_operator("operator"), _BOOKS, is_exported=False),  # who came through the link
    Belongs("billing.ReferredSale", of_customer("transaction__customer"), _BOOKS, is_exported=False),  # the operator's share
    Belongs("billing.ReferredSale", of_operator("transaction__operator"), _BOOKS),
    Belongs("billing.OfferClaim", of_customer("customer"), _BOOKS, hidden=("cost_minor",)),
    Belongs("billing.PaymentNotice", of_customer("payment__customer"), _BOOKS, hidden=("key", "charge")),
    Belongs("billing.ReportLine", of_customer("payment__customer"), _BOOKS, hidden=("key", "charge", "account")),
    Belongs("billing.CollusionFinding", of_customer("payment__customer"), _BOOKS, is_exported=False),  # about the operator
    Belongs("billing.CollusionFinding", of_operator("operator"), _BOOKS, hidden=("payment", "references", "proposed_by", "confirmed_by", "decided_by")),
    Belongs("billing.Difference", of_customer("payment__customer"), _BOOKS, is_exported=False),  # between the processor and us
    Belongs("billing.StatementLine", of_customer("payment__customer"), _BOOKS, is_exported=False),
    Belongs("billing.PayBack", of_customer("customer"), _BOOKS, hidden=("requested_by", "idempotency_key")),
    Belongs("billing.Payment", of_customer("customer"), Empty({
        "card": "", "card_label": "", "network_hash": None, "return_path": "",
    }), hidden=("card", "network_hash", "merchant_account", "handled_by")),
    Belongs("billing.FundsRequest", of_customer("customer"), Empty({"words": "", "answer": ""}), hidden=("handled_by",)),
    Belongs("payouts.PayoutItem", of_operator("operator"), _BOOKS),
    Belongs("payouts.OutsidePayout", of_operator("transaction__operator"), _BOOKS),
    Belongs("payouts.PayoutAccount", of_operator("operator"), Empty({
        "details": b"", "ended_at": lambda row: row.ended_at or clock.now(),
    }), hidden=("details", "digest")),
    Belongs("billing.Case", of_customer("customer"), _CASE, hidden=("handled_by", "decided_by")),
    Belongs("billing.Case", _complaints_by_email, _CASE, hidden=("handled_by", "decided_by")),
    Belongs("billing.Case", of_operator("operator"), Keep("what a customer said of a call or text, without a name"), is_exported=False),
    Belongs("operators.OperatorDay", of_operator("operator"), _BOOKS),
    Belongs("operators.OperatorHour", of_operator("operator"), Delete()),
    Belongs("operators.ProfileViews", of_operator("operator"), Delete()),
    Belongs("telephony.CallEvent", of_customer("call__customer"), Empty({"metadata": {}, "session_id": ""}), hidden=("answer",)),
    Belongs("telephony.CallEvent", of_operator("call__operator"), Empty({"metadata": {}, "session_id": ""}), hidden=("answer",)),
    Belongs("telephony.Correction", of_customer("call__customer"), _BOOKS, hidden=("handled_by",)),
    Belongs("telephony.Correction", of_operator("call__operator"), _BOOKS, hidden=("handled_by",)),
    Belongs("telephony.Reservation", of_customer("customer"), Delete()),
    Belongs("telephony.Reservation", of_operator("operator"), Delete()),
    Belongs("telephony.AvailabilityWatch", of_customer("customer"), Delete()),
    Belongs("telephony.AvailabilityWatch", of_operator("operator"), Delete(), is_exported=False),  # customers' private wishes
    Belongs("telephony.CallbackRequest", of_customer("customer"), Delete()),
    Belongs("telephony.CallbackRequest", of_operator("operator"), Delete(), is_exported=False),
    Belongs("telephony.Call", of_customer("customer"), _BOOKS, hidden=("idempotency_key", "node")),
    Belongs("telephony.Call", of_operator("operator"), _BOOKS, hidden=("idempotency_key", "node", "customer_phone")),
    # -- the person
    Belongs("customers.Consent", of_customer("customer"), Keep("the proof of what was agreed to")),
    Belongs("privacy.DataExport", of_user("user"), Delete(), hidden=("data", "requested_by")),
    Belongs("privacy.Erasure", of_user("user"), Keep("that it was asked for, and done"), hidden=("requested_by",)),
    Belongs("telephony.GreetingCall", of_operator("operator"), Delete(), hidden=("reference", "sequence")),
    Belongs("operators.GreetingFile", of_operator("greeting__operator"), Delete()),
    Belongs("operators.Greeting", of_operator("operator"), Delete()),
    Belongs("operators.PhotoFile", of_operator("photo__operator"), Delete()),
    Belongs("operators.Photo", of_operator("operator"), Delete()),
    Belongs("operators.DocumentFile", of_user("document__application__user"), Delete(), hidden=("data", "digest")),
    Belongs("operators.IdentityDocument", of_user("application__user"), Delete()),
    Belongs("operators.Application", of_user("user"), Delete(), hidden=("decided_by",)),
    Belongs("operators.SignedTaxForm", of_operator("user__operator"), Keep("the IRS wants it kept for four years"), hidden=("data", "network_hash")),
    Belongs("operators.SignedTaxForm", lambda person: Q(user=person.user, user__operator=None), Delete(), hidden=("data", "network_hash")),
    Belongs("operators.ContractSignature", of_user("user"), Keep("the proof of what was signed"), hidden=("network_hash",)),
    *(Belongs(f"operators.{name}", of_operator("operator"), Delete()) for name in ("ProfileText", "ScheduleSlot", "ScheduleException", "WorkPlan", "Listing")),
    Belongs("operators.Operator", of_operator("pk"), Empty({
        "stage_name": "Former operator", "slug": lambda row: f"former-{row.pk}", "headline": "", "bio": "", "languages": [],
        "specialties": [], "photo": "", "photo_color": "", "avif_photo": "", "greeting": "", "greeting_ms": 0, "portrait_seed": "", "drawn_as": "", "phone_verified_at": None,
        "presence": Presence.OFFLINE, "approval_status": ApprovalStatus.SUSPENDED, "takes_calls": False, "takes_messages": False, "auto_reply": "",
        "break_until": None, "vacation_from": None, "vacation_until": None, "back_on": None,
    }), hidden=("search_vector", "search_stems", "availability_rank", "weighted_rating", "standing", "returning_points", "answer_points")),
    Belongs("customers.AccessRequest", of_customer("customer"), Delete(), hidden=("code_hash", "decided_by")),
    Belongs("customers.SpendingLimit", of_customer("customer"), Keep("limits continue if they come back")),
    Belongs("customers.Customer", of_customer("pk"), Empty({"alias": "Deleted account", "born_on": None, "mails_receipts": False, "zip_code": ""})),
    Belongs("customers.User", of_user("pk"), Empty({
        "email": lambda row: erased_address(row.email, row.pk), "first_name": "", "last_name": "", "password": "!",
        "last_login": None, "is_active": False, "is_staff": False, "is_superuser": False,
    }), hidden=("password", "is_superuser", "is_staff")),
)  # fmt: skip

# What belongs to nobody who uses the sites, or holds ids and nothing else.
NOBODYS = (
    *NOT_PERSONAL,
    "procrastinate.ProcrastinateJob", "procrastinate.ProcrastinateEvent", "procrastinate.ProcrastinateWorker",
    "procrastinate.ProcrastinatePeriodicDefer",
    "payouts.PayoutFile",  # of many people, encrypted; the bank has it, too
    "billing.OfferMarker",  # keyed hashes that name nobody; once per person, also after erasure
    "sessions.Session",  # encrypted, and nobody's once the account is closed: found by no column
)  # fmt: skip
