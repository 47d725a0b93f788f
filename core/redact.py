"""No phone number in any log line: the last net under the rule that none is written in the first place."""

import logging
import re

# A number in international or national spelling, with or without separators: seven digits or more. Ids of ours
# (`call_…`), UUIDs and times are left readable: digits after a letter, underscore, colon or hex run are not a number.
_NUMBER = re.compile(r"(?<![\w.:-])\+?\(?\d(?:[ ().-]{0,2}\d){9,14}(?![\w:])|\+\d(?:[ ().-]{0,2}\d){6,14}")


def redact(text: str) -> str:
    """`text` with everything that looks like a phone number replaced."""
    return _NUMBER.sub("(number)", text)


class NoNumbers(logging.Filter):
    """Masks numbers in the finished message, and in a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
        return True
