"""An SMTP server on loopback that takes mail, and can be told to refuse it, to fail, or to say nothing.

`mail_sink`: the product sends there, by the real SMTP backend. `deliver_mail()` does what the worker does with the
outbox, now; it also serves tests that read Django's own `mail.outbox`.
"""

import email
import email.policy
import socket
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_django.fixtures import Settings

from core import clock
from notices.models import Notice
from notices.services.send import send
from notices.states import WAITING


def deliver_mail() -> int:
    """Send what waits in the outbox, as if it were due; how many were tried. A story's clock may be ahead of ours."""
    waiting = list(Notice.objects.filter(state__in=WAITING).order_by("id").values_list("pk", "due_at"))
    for notice_id, due_at in waiting:
        at = max(due_at, clock.now())
        with clock.using(lambda at=at: at):  # type: ignore[misc]
            send(notice_id=notice_id)
    return len(waiting)


class MailSink:
    """What arrived, and how to answer: `refuse_recipients` and `refuse_data` are SMTP answers like `550 no such user`."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refuse_recipients = self.refuse_data = ""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuse_recipients:
            return self.refuse_recipients
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refuse_data:
            return self.refuse_data
        assert isinstance(envelope.content, bytes)
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
        self.recipients += envelope.rcpt_tos
        return "250 OK"


@pytest.fixture
def mail_sink(settings: Settings) -> Iterator[MailSink]:
    sink = MailSink()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        _send_to(settings, port)
        yield sink
    finally:
        controller.stop()


@pytest.fixture
def stalled_mail_server(settings: Settings) -> Iterator[socket.socket]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    taken.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        _send_to(settings, server.getsockname()[1])
        yield server
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        for connection in taken:
            connection.close()


def _send_to(settings: Any, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""


def text_of(mail: EmailMessage) -> str:
    """The plain part."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")
