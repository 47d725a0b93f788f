"""Twilio. `client.py` sends, `webhooks.py` takes in."""

from django.http import HttpRequest, HttpResponse

from messaging.gateways.base import Gateway
from messaging.gateways.twilio import account, client, webhooks


class TwilioGateway(Gateway):
    """Twilio's Programmable Messaging."""

    declaration = account.DECLARATION

    def is_configured(self) -> bool:
        return bool(account.account_sid() and account.auth_token())

    def phone_number(self) -> str:
        return account.phone_number()

    def webhook_url(self) -> str:
        return account.webhook_url()

    def send(self, *, to: str, ours: str, body: str, reference: str) -> str:
        return client.send(to=to, ours=ours, body=body, status_url=self.status_url(reference))

    def inbound(self, request: HttpRequest) -> HttpResponse:
        return webhooks.inbound(request, is_ours=self.is_ours)

    def status(self, request: HttpRequest, reference: str) -> HttpResponse:
        return webhooks.status(request, reference=reference)
