"""Conversations, their messages, what a brand decides about them, and what is counted of them."""

from datetime import time

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from billing.ledger.models import Transaction
from brands.models import Brand
from customers.models import Customer
from messaging.states import MessageType, Side, SmsMode
from operators.models import Operator


class BrandRules(models.Model):
    """What a brand decides about messages. A brand without a row has the defaults."""

    brand = models.OneToOneField(Brand, on_delete=models.CASCADE, related_name="message_rules")
    sms_mode = models.CharField(max_length=6, choices=SmsMode.choices, default=SmsMode.OFF)
    answer_within_hours = models.PositiveSmallIntegerField(
        "refund without a reply after (hours)", default=24, help_text="0: never refunded for this."
    )
    masks_contacts = models.BooleanField(
        "hide phone numbers and email addresses", default=True, help_text="Card numbers are always hidden."
    )
    quiet_from = models.TimeField("no alerts from", default=time(21))
    quiet_until = models.TimeField("no alerts until", default=time(9))

    class Meta:
        verbose_name_plural = "brand rules"

    def __str__(self) -> str:
        return f"messages on {self.brand_id}"


class Conversation(models.Model):
    """All that one customer and one operator wrote to each other, on whatever site and device.

    Messages are numbered 1, 2, 3 … without a gap; what each side got and read is the highest such number. Its row is
    locked by every verb that adds a message, so that numbers, counters and windows need no other guard.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="conversations", db_index=False
    )
    operator = models.ForeignKey(
        Operator, on_delete=models.PROTECT, related_name="conversations", db_index=False
    )
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)  # last used

    last_number = models.PositiveIntegerField(default=0)
    last_message_id = models.BigIntegerField(default=0)  # orders the lists of conversations
    last_message_at = models.DateTimeField(null=True)
    customer_unread = models.PositiveIntegerField(default=0)
    operator_unread = models.PositiveIntegerField(default=0)
    customer_delivered = models.PositiveIntegerField(default=0)
    operator_delivered = models.PositiveIntegerField(default=0)
    customer_read = models.PositiveIntegerField(default=0)
    operator_read = models.PositiveIntegerField(default=0)

    agreed_price_minor = models.PositiveIntegerField(null=True)  # what the customer last paid knowingly
    auto_replied_at = models.DateTimeField(null=True)  # the last automatic reply
    waiting_since = models.DateTimeField(null=True)  # first message of the customer without an answer
    customer_channel = models.CharField(
        max_length=4, choices=MessageType.choices, default=MessageType.CHAT
    )  # how the customer wrote last: answers go the same way
    # Whether this operator may write first (`messaging.first_contact`), as the customer said below such a message.
    customer_takes_first = models.BooleanField(default=True, db_default=True)
    customer_draft = models.CharField(max_length=2000, blank=True)
    operator_draft = models.CharField(max_length=2000, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "operator"], name="one_conversation")]
        indexes = [
            models.Index(F("customer"), F("last_message_id").desc(), name="conversation_customer"),
            models.Index(F("operator"), F("last_message_id").desc(), name="conversation_operator"),
            models.Index(
                fields=["customer"], condition=Q(customer_unread__gt=0), name="conversation_customer_waits"
            ),
            models.Index(
                fields=["operator"], condition=Q(operator_unread__gt=0), name="conversation_operator_waits"
            ),
        ]

    def __str__(self) -> str:
        return f"conversation {self.pk}"

    def read_by(self, side: Side) -> int:
        """The highest number `side` has read."""
        return self.customer_read if side == Side.CUSTOMER else self.operator_read

    def delivered_to(self, side: Side) -> int:
        """The highest number that reached a device of `side`."""
        return self.customer_delivered if side == Side.CUSTOMER else self.operator_delivered

    def unread_by(self, side: Side) -> int:
        return self.customer_unread if side == Side.CUSTOMER else self.operator_unread


class Message(models.Model):
    """One text, as it was after masking. `message_id` is public and names its charge in the books."""

    message_id = models.CharField(max_length=60, unique=True, editable=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    number = models.PositiveIntegerField()
    sender_type = models.CharField(max_length=8, choices=Side.choices)
    message_type = models.CharField(max_length=4, choices=MessageType.choices, default=MessageType.CHAT)
    text = models.TextField()
    client_key = models.CharField(max_length=200, null=True, editable=False)  # noqa: DJ001 (unique if any)
    text_sha256 = models.BinaryField(editable=False)  # of what was typed: tells a repeat from a re-used key
    charged_minor = models.PositiveIntegerField(default=0)
    currency = models.CharField(max_length=3)
    transaction = models.OneToOneField(
        Transaction, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    answer_by = models.DateTimeField(null=True)  # refunded then, unless the operator writes before
    # The operator wrote first: it answers nothing, and never goes out by SMS.
    is_unprompted = models.BooleanField(default=False, db_default=False)
    # Sent by itself while the operator was away. It answers nothing, is never unread, and is no list's last message.
    is_automatic = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField()
    failed_at = models.DateTimeField(null=True)
    # Set where the house itself gave back, as it promises; how much was given back, also by staff, the books know.
    refunded_at = models.DateTimeField(null=True)
    refund_reason = models.CharField(max_length=40, blank=True)

    given_back_minor: int  # from the books, by `selectors.messages_of`

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "number"], name="message_number_once"),
            models.UniqueConstraint(
                fields=["conversation", "sender_type", "client_key"],
                condition=Q(client_key__isnull=False),
                name="message_once_per_key",
            ),
            models.CheckConstraint(
                condition=Q(charged_minor=0, transaction__isnull=True)
                | Q(charged_minor__gt=0, transaction__isnull=False, sender_type=Side.CUSTOMER),
                name="message_charged_in_the_books",
            ),
        ]
        indexes = [
            models.Index(
                fields=["answer_by"], condition=Q(answer_by__isnull=False), name="message_answer_by"
            ),
            models.Index(
                fields=["conversation"], condition=Q(answer_by__isnull=False), name="message_unanswered"
            ),
        ]

    def __str__(self) -> str:
        return self.message_id

    @property
    def paid_minor(self) -> int:
        """What the customer paid for it in the end."""
        return self.charged_minor - self.given_back_minor


class ChatSession(models.Model):
    """A window of activity in a conversation: it ends with a pause. For statistics."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.PROTECT, related_name="sessions", db_index=False
    )
    started_at = models.DateTimeField()
    last_at = models.DateTimeField()
    customer_messages = models.PositiveIntegerField(default=0)
    operator_messages = models.PositiveIntegerField(default=0)
    charged_minor = models.PositiveBigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(F("conversation"), F("id").desc(), name="session_of_conversation")]

    def __str__(self) -> str:
        return f"session {self.pk}"


class ReplyWait(models.Model):
    """How long a customer waited for an operator's answer, once for each silence that was broken."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="+", db_index=False)
    waited_seconds = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(F("operator"), F("id").desc(), name="reply_wait_of_operator")]

    def __str__(self) -> str:
        return f"{self.waited_seconds} s"


class Report(models.Model):
    """One side found that the other went too far; staff decide."""

    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="reports")
    reported_by = models.CharField(max_length=8, choices=Side.choices)
    reason = models.CharField(max_length=500)
    up_to_number = models.PositiveIntegerField()  # the last message when it was written
    created_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-id"], condition=Q(handled_at__isnull=True), name="report_open")]

    def __str__(self) -> str:
        return f"report {self.pk}"
