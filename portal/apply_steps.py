"""The steps of an application as its page lists them."""

from dataclasses import dataclass

from core import clock
from operators.contract import has_signed
from operators.models import Application
from operators.standing import application_obstacle, day_of
from operators.tax_forms import is_valid_on, newest


@dataclass(frozen=True, slots=True)
class ApplyStep:
    """One step. `anchor`: the id of its heading on the page."""

    words: str
    anchor: str
    is_done: bool


def apply_steps(application: Application) -> list[ApplyStep]:
    """What has to be done before it can be sent, in the order of the page."""
    at = clock.now()
    form = newest(application.user_id)
    is_taxed = form is not None and is_valid_on(form, day_of(application, at))
    has_id = application_obstacle(application, at, accepted=False) is None
    return [
        ApplyStep("About you", "facts-title", is_done=True),
        ApplyStep("Your ID", "document-title", is_done=has_id),
        ApplyStep("Contract", "contract-title", is_done=has_signed(application.user_id)),
        ApplyStep("Tax form", "tax-title", is_done=is_taxed),
    ]
