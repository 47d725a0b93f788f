"""What a provider of SMS does for us: hand an SMS over, say in three words what became of that, take SMS in."""

from abc import ABC, abstractmethod
from typing import ClassVar

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from core.phones import is_e164
from core.provider_settings import Declaration
from messaging.models import PoolNumber


class Refused(Exception):
    """The provider said no: the SMS was not sent and will not be. `code` is the provider's."""

    def __init__(self, code: int | str, *, is_unsubscribed: bool = False) -> None:
        super().__init__(f"The SMS provider refused: {code}")
        self.code = str(code)
        self.is_unsubscribed = is_unsubscribed  # the reader has told the carrier to stop


class Busy(Exception):
    """It was certainly not sent; it may be in a moment."""


class Unknown(Exception):
    """Nobody can say whether it was sent; the status callback will."""


class Gateway(ABC):
    """A provider of SMS. Its webhooks are served whether we send through it or not: SMS may still be on their way."""

    declaration: ClassVar[Declaration]  # for those who run it: settings, secrets, hosts

    def __init__(self, name: str) -> None:
        self.name = name  # in SMS_GATEWAY and in the addresses of the webhooks

    @abstractmethod
    def is_configured(self) -> bool:
        """Whether there is an account to send from."""

    @abstractmethod
    def phone_number(self) -> str:
        """Our number that is nobody's conversation: alerts come from it. Empty if there is none."""

    @abstractmethod
    def webhook_url(self) -> str:
        """Scheme and host at which the provider reaches us, without a slash at the end."""

    @abstractmethod
    def send(self, *, to: str, ours: str, body: str, reference: str) -> str:
        """Hand one SMS over; the provider's id of it (64 characters at most). Raises Refused, Busy, Unknown."""

    @abstractmethod
    def inbound(self, request: HttpRequest) -> HttpResponse:
        """An SMS to one of our numbers, from anyone who claims to be the provider: authenticate, then `receive_sms`."""

    @abstractmethod
    def status(self, request: HttpRequest, reference: str) -> HttpResponse:
        """What became of the SMS of this reference, likewise: authenticate, then `note_status`."""

    def status_url(self, reference: str) -> str:
        """Where the provider reports on the SMS of this reference."""
        path = reverse("sms-status", kwargs={"gateway_name": self.name, "reference": reference})
        return self.webhook_url() + path

    def is_ours(self, number: str) -> bool:
        """Whether we take SMS to this number."""
        return is_e164(number) and (
            number == self.phone_number() or PoolNumber.objects.filter(number=number).exists()
        )
