"""Phone numbers out of log lines.

The adapter's own messages name calls, never numbers; this is the net below: whatever reaches a handler of ours,
a traceback included, loses everything that looks like a number.
"""

import logging
import re

# Digits, optionally grouped as people write numbers. Call ids and times are left alone: their digits follow a
# letter, an underscore or a dot.
_NUMBER = re.compile(r"(?<![0-9A-Za-z_.])\+?\(?[0-9](?:[ ().\-]?[0-9]){6,14}(?![0-9A-Za-z_])")
_HIDDEN = "[number]"


def redact(text: str) -> str:
    """`text` with every phone number replaced by `[number]`."""
    return _NUMBER.sub(_HIDDEN, text)


class RedactingFormatter(logging.Formatter):
    """Formats as usual, then redacts the whole line, traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        stamp = self.formatTime(record)
        line = super().format(record)
        # The time stamp of the line itself is digits and separators: keep it, redact the rest.
        return stamp + redact(line.removeprefix(stamp)) if line.startswith(stamp) else redact(line)
