"""Jobs of the worker, those that talk to mail servers in a queue of their own: a mail server that stalls keeps no other job waiting.

The outbox says what is to be sent; a job only names a row of it, and may run twice, late, or never.
"""

from procrastinate.contrib.django import app

from core.jobs import Queue
from notices.services import mail_ledger_head as heads
from notices.services import recover as lost
from notices.services import send as outbox
from notices.services import subscriptions
from notices.services import tell_minutes as minutes
from notices.services import tell_new_operators as newcomers
from notices.services import tell_tax_forms as tax_forms
from notices.services.outbox import SEND


@app.task(name=SEND, queue=Queue.MAIL)
def send_notice(*, notice_id: int) -> None:
    """Send one notice, if it is still to be sent."""
    outbox.send(notice_id=notice_id)


@app.periodic(cron="* * * * *")
@app.task(name="notices.recover", queue=Queue.MAIL, queueing_lock="notices.recover", pass_context=False)
def recover_notices(timestamp: int) -> int:
    """Every minute: queue again what was lost."""
    return lost.recover()


@app.periodic(cron="11 15 * * *")
@app.task(
    name="notices.tell_minutes_ending",
    queue=Queue.DEFAULT,
    queueing_lock="notices.tell_minutes_ending",
    pass_context=False,
)
def tell_minutes_ending(timestamp: int) -> int:
    """Every day, in the American morning: who has free minutes that expire soon."""
    return minutes.tell_minutes_ending()


@app.periodic(cron="*/10 * * * *")
@app.task(
    name="notices.tell_new_operators",
    queue=Queue.DEFAULT,
    queueing_lock="notices.tell_new_operators",
    pass_context=False,
)
def tell_new_operators(timestamp: int) -> int:
    """Every ten minutes: who took their first call, and whose first day is over."""
    return newcomers.tell_new_operators()


@app.periodic(cron="23 15 * * *")
@app.task(
    name="notices.tell_tax_forms_expiring",
    queue=Queue.DEFAULT,
    queueing_lock="notices.tell_tax_forms_expiring",
    pass_context=False,
)
def tell_tax_forms_expiring(timestamp: int) -> int:
    """Every day, in the American morning: whose W-8BEN expires soon."""
    return tax_forms.tell_tax_forms_expiring()


@app.periodic(cron="21 9 * * *")
@app.task(
    name="notices.forget_browsers",
    queue=Queue.DEFAULT,
    queueing_lock="notices.forget_browsers",
    pass_context=False,
)
def forget_browsers(timestamp: int) -> int:
    """Every day: browsers of accounts that were closed."""
    return subscriptions.forget_ended()


@app.periodic(cron="6 9 * * *")
@app.task(
    name="notices.mail_ledger_head",
    queue=Queue.MAIL,
    queueing_lock="notices.mail_ledger_head",
    pass_context=False,
)
def mail_ledger_head(timestamp: int) -> bool:
    """Every day: the head of the ledger's seals, to the owner."""
    return heads.mail_ledger_head()
