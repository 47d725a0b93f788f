"""Work of telephony that time brings, done by the worker."""

from procrastinate.contrib.django import app

from telephony.services import mail_receipt as receipts
from telephony.services.sweep import sweep


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="sweep_calls", lock="sweep_calls", pass_context=False)
def sweep_silent_calls(timestamp: int) -> None:
    """Every minute: ask about live calls that nobody has heard of lately."""
    sweep()


@app.task(name="telephony.mail_receipt")
def mail_receipt(call_id: str) -> None:
    """After a call whose customer wants its receipt by e-mail; sent again only if it was not sent."""
    receipts.mail_receipt(call_id=call_id)
