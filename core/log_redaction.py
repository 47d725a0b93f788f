"""No phone number in any log line: the last net under the rule that none is written in the first place."""

import logging
import re

# Seven digits or more, grouped as people write numbers. Ids of ours (`call_…`) and times are left readable: their digits
# follow a letter, an underscore, a dot or the colon of a time, or are too few.
_NUMBER = re.compile(r"(?<![0-9A-Za-z_.])(?<![0-9]:)\+?\(?[0-9](?:[ ().-]{0,2}[0-9]){6,14}(?![0-9A-Za-z_])")
_HIDDEN = "[number]"


def redact(text: str) -> str:
    """`text` with everything that looks like a phone number replaced by `[number]`."""
    return _NUMBER.sub(_HIDDEN, text)


class RedactNumbers(logging.Filter):
    """Masks numbers in the finished message, in a traceback and in a stack. For handlers of every process."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True
