"""Jobs about what only the back office puts together."""

from procrastinate.contrib.django import app

from backoffice.morning import send_morning_letter
from core import clock


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
