"""No phone number and no e-mail address in any log line: the last net under the rule that none is written in the first place."""

import logging
import re

# Seven digits or more, grouped as people write numbers. Ids of ours (`call_…`) and times are left readable: their digits
# follow a letter, an underscore, a dot or the colon of a time, or are too few.
_NUMBER = re.compile(r"(?<![0-9A-Za-z_.])(?<![0-9]:)\+?\(?[0-9](?:[ ().-]{0,2}[0-9]){6,14}(?![0-9A-Za-z_])")
_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_HIDDEN, _HIDDEN_EMAIL = "[number]", "[email]"


def redact(text: str) -> str:
    """`text` with everything that looks like a phone number replaced by `[number]`, and like an address by `[email]`."""
    return _NUMBER.sub(_HIDDEN, _EMAIL.sub(_HIDDEN_EMAIL, text))


class RedactPersonal(logging.Filter):
    """Masks numbers and addresses in the finished message, in a traceback and in a stack. For handlers of every process."""

    def filter(self, record: logging.LogRecord) -> bool:
        # One line for one message: what somebody typed into it can't look like another, nor steer a terminal.
        message = _CONTROL.sub(lambda match: repr(match[0])[1:-1], record.getMessage())
        record.msg, record.args = redact(message), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True
