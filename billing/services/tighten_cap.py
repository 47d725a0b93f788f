"""The customer chooses an amount or an end time for the call that runs, or a tighter one."""

from django.utils.translation import gettext as _

from billing.call_caps import LEAST_AHEAD_TALKING, CallCap
from billing.models import Authorization
from billing.states import AuthorizationState
from core import clock
from core.db import transactional
from core.errors import Conflict, Invalid
from core.money import format_money


@transactional
def tighten_cap(*, authorization_id: int, wanted: CallCap) -> Authorization:
    """Bound an open authorization by what `wanted` names; what it doesn't name stays. Its next grant follows.

    Time that was granted can't be taken back, so an amount covers at least what is held for it. Raises Invalid (`not_tighter`,
    `below_granted`, `end_too_near`), Conflict `call_over`.
    """
    row = Authorization.objects.select_for_update().get(pk=authorization_id)
    if row.state != AuthorizationState.OPEN:
        raise Conflict(_("This call is over."), code="call_over")
    if not wanted.is_set:
        raise Invalid(_("Enter an amount or an end time."))
    wanted.check_ahead(clock.now(), LEAST_AHEAD_TALKING)
    cap = row.cap.tightened(wanted)
    if cap.amount_minor is not None and cap.amount_minor < row.held_minor:
        held = format_money(row.held_minor, row.currency)
        raise Invalid(
            _("%(held)s is already set aside for this call. Choose at least that.") % {"held": held},
            code="below_granted",
        )
    row.cap_minor, row.ends_at = cap.amount_minor, cap.ends_at
    row.save(update_fields=["cap_minor", "ends_at"])
    return row
