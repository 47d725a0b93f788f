"""Jobs about what only the back office puts together, and about the whole installation."""

from procrastinate.contrib.django import app

from backoffice.backup.records import ship_configured
from backoffice.morning import send_morning_letter
from core import clock
from core.jobs import Queue


@app.periodic(cron="*/10 * * * *")
@app.task(
    name="backoffice.morning_letter",
    queueing_lock="backoffice.morning_letter",
    lock="backoffice.morning_letter",
    pass_context=False,
)
def morning_letter(timestamp: int) -> bool:
    """Every ten minutes: the owner's letter about yesterday, if it is time and it was not sent."""
    return send_morning_letter(at=clock.now())


@app.periodic(cron="* * * * *")
@app.task(
    name="backoffice.copy_records",
    queue=Queue.SWEEPS,
    queueing_lock="backoffice.copy_records",
    lock="backoffice.copy_records",
    pass_context=False,
)
def copy_records_of_calls(timestamp: int) -> int:
    """Every minute: copy the adapter's journal and Asterisk's record to where backups are; how many bytes were new."""
    return ship_configured() or 0
