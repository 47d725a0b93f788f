"""Jobs of the worker. Each is safe to run twice and at any time."""

from procrastinate.contrib.django import app

from core.deadlines import deadline_now
from core.jobs import Queue
from operators.services import breaks, greetings, presence, vacation
from operators.services import follow_hours as hours
from operators.services.count_returning import count_returning
from operators.services.greetings import PREPARE_GREETING
from operators.services.make_avif import MAKE_AVIF, make_avif, make_missing_avif

PHOTOS_AT_ONCE = 50


@app.periodic(cron="* * * * * */10")
@app.task(
    name="operators.sweep_presence",
    queue=Queue.SWEEPS,
    queueing_lock="operators.sweep_presence",
    pass_context=False,
)
def sweep_presence(timestamp: int) -> int:
    """Whose online time or wrap-up is over: write it down and tell open pages."""
    return presence.sweep_presence(at=deadline_now())


@app.periodic(cron="* * * * * */10")
@app.task(
    name="operators.end_breaks", queue=Queue.SWEEPS, queueing_lock="operators.end_breaks", pass_context=False
)
def end_breaks(timestamp: int) -> int:
    """Whose break is over: online again."""
    return breaks.end_breaks(at=deadline_now())


@app.periodic(cron="* * * * *")
@app.task(
    name="operators.turn_vacations",
    queue=Queue.SWEEPS,
    queueing_lock="operators.turn_vacations",
    pass_context=False,
)
def turn_vacations(timestamp: int) -> int:
    """Whose vacation begins or is over."""
    return vacation.turn_vacations(at=deadline_now())


@app.periodic(cron="* * * * *")
@app.task(
    name="operators.follow_hours",
    queue=Queue.SWEEPS,
    queueing_lock="operators.follow_hours",
    pass_context=False,
)
def follow_hours(timestamp: int) -> int:
    """Whose hours begin, end, or are about to begin."""
    return hours.follow_hours(at=deadline_now())


@app.periodic(cron="*/5 * * * *")
@app.task(
    name="operators.take_offline_without_phone",
    queue=Queue.SWEEPS,
    queueing_lock="operators.take_offline_without_phone",
    pass_context=False,
)
def take_offline_without_phone(timestamp: int) -> int:
    """Who is online although their phone can't be called or they may not work any more."""
    return presence.take_offline_with_obstacle()


@app.periodic(cron="50 8 * * *")
@app.task(name="operators.count_returning", queueing_lock="operators.count_returning", pass_context=False)
def count_returning_customers(timestamp: int) -> int:
    """Every night: how many customers come back, for the order of the directory."""
    return count_returning()


@app.task(name=PREPARE_GREETING, queue=Queue.DEFAULT, pass_context=False)
def prepare_greeting(greeting_id: int) -> None:
    """An operator recorded a greeting: make its files, then staff listen to it."""
    greetings.prepare_greeting(greeting_id=greeting_id)


@app.task(name=MAKE_AVIF, queue=Queue.DEFAULT, pass_context=False)
def make_avif_of_photo(photo_id: int) -> None:
    """An operator offered a photo: make its smaller files."""
    make_avif(photo_id=photo_id)


@app.periodic(cron="*/5 * * * *")
@app.task(name="operators.make_missing_avif", queueing_lock="operators.make_missing_avif", pass_context=False)
def make_missing_files(timestamp: int) -> int:
    """Every five minutes: of some photos that lack them. Other jobs wait behind it, so of a few at a time."""
    return make_missing_avif(most=PHOTOS_AT_ONCE)
