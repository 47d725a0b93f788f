"""Work of telephony that time brings, done by the worker."""

from procrastinate.contrib.django import app

from telephony.services.sweep import sweep


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="sweep_calls", lock="sweep_calls", pass_context=False)
def sweep_silent_calls(timestamp: int) -> None:
    """Every minute: ask about live calls that nobody has heard of lately."""
    sweep()
