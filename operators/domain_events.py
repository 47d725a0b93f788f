"""News from operators. Listeners: notices write to the operator, telephony looks after running calls and those who wait."""

from core.domain_events import AtomicEvent, DomainEvent

# operator; decision: an ApprovalStatus; reason: what staff wrote, for the operator.
operator_reviewed = AtomicEvent("operator_reviewed")
# application; decision: an ApplicationState; reason: what staff wrote, for the applicant
application_changed = AtomicEvent("application_changed")
# operator; decision: "approved", "refused", "removed" by staff; reason; photo: its digest
photo_decided = AtomicEvent("photo_decided")
# operator; decision, as for photos; reason; greeting: its digest, empty for one that could not be prepared
greeting_decided = AtomicEvent("greeting_decided")
# operator; field: a ProfileField; decision: "approved" or "refused"; reason
profile_text_decided = AtomicEvent("profile_text_decided")
# operator; begins: their hours, soon; is_automatic: they will be set online then
hours_begin_soon = AtomicEvent("hours_begin_soon")
# operator: reserved for a customer, and no longer online
reserved_operator_left = AtomicEvent("reserved_operator_left")
# operator_id: staff let the operator work, or no longer
operator_working_changed = DomainEvent("operator_working_changed")
# operator_id: can take a call now; told again whenever something about their presence changes meanwhile
operator_free = DomainEvent("operator_free")
# customer_id, operator_id: either of them wants no contact any more
contact_blocked = AtomicEvent("contact_blocked")
