"""`manage.py doctor`: what is wrong with this installation, in plain words, and what to do."""

import logging
from collections.abc import Iterator

from django.conf import settings

from backoffice.doctor import business, foundation, services, trunks, web
from backoffice.doctor.findings import Examination, Finding, Level, problem

log = logging.getLogger(__name__)

# In this order: what everything stands on first.
_OF_THE_DATABASE: tuple[Examination, ...] = (
    foundation.clock_agrees_with_the_database,
    foundation.keys_open_what_is_stored,
    services.services_are_well,
    services.pgbackrest_knows_postgresql,
    services.rtp_ports_are_enough,
    trunks.trunks_take_calls,
    services.prompts_are_made,
    web.brands_have_hosts,
    business.statements_are_known,
    business.tax_rates_hold,
)


def examine(*, go_live: bool = False, mail: str = "") -> Iterator[Finding]:
    """Everything, one after the other. `go_live`: also what is needed before strangers come in; `mail`: send one there."""
    yield from foundation.settings_are_safe()
    yield from foundation.disk_has_room()
    state = list(foundation.database_is_up_to_date())
    yield from state
    yield from services.mail_server_answers()
    yield from services.push_has_a_key()
    if any(finding.level is Level.PROBLEM for finding in state):
        return
    for examination in _OF_THE_DATABASE:
        yield from _guarded(examination)
    if settings.IS_PRODUCTION:
        yield from web.hosts_answer()
    if go_live:
        yield from business.ready_to_open()
        yield from trunks.caller_ids_are_signed()
    if mail:
        yield from services.send_a_mail(mail)


def _guarded(examination: Examination) -> Iterator[Finding]:
    """What breaks an examination is a finding, and keeps none of the others from being made."""
    try:
        yield from examination()
    except Exception as error:
        log.exception("%s broke", examination.__name__)
        name = examination.__name__.replace("_", " ").capitalize()
        yield problem(name, f"It could not be examined: {type(error).__name__}.", "Read the log.")
