"""A mail server as a process of its own, so that it can be killed and frozen: `python -m tests.full_stack.mail_server PORT DIRECTORY`.

Each mail becomes a file in the directory. While a file `refuse` is there, every mail is answered with a temporary error.
"""

import email
import hashlib
import signal
import sys
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

REFUSE = "refuse"


class Sink:
    """Takes mail into `directory`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if (self.directory / REFUSE).exists():
            return "451 try again later"
        assert isinstance(envelope.content, bytes)
        (self.directory / file_name(email.message_from_bytes(envelope.content)["Message-ID"])).touch()
        return "250 OK"


def file_name(message_id: str) -> str:
    """Of the file that the mail with this id becomes."""
    return hashlib.sha256(message_id.strip().encode()).hexdigest()


if __name__ == "__main__":
    Controller(Sink(Path(sys.argv[2])), hostname="127.0.0.1", port=int(sys.argv[1])).start()
    signal.pause()
