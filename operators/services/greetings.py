"""A greeting's way to the customers: the operator records it, the worker makes its files, staff listen and decide, either
takes it down.

Until it is approved the former greeting stays. Every step is on record; what was refused, replaced, or taken down is deleted.
"""

from django.contrib.auth.models import AbstractBaseUser
from procrastinate.contrib.django import app as jobs

from core import audit, clock
from core.db import transactional
from core.errors import Invalid, NotFound
from core.jobs import Queue
from core.parse import checked_reason
from customers.own_account import refuse_own_account
from operators.domain_events import greeting_decided
from operators.greeting_formats import container_of
from operators.greeting_processing import PreparedGreeting, prepare
from operators.models import Greeting, GreetingFile, Operator
from operators.services.submissions import check_daily_limit, lock_operator, lock_waiting
from operators.states import GreetingFormat, ReviewState

MAX_UPLOADS_PER_DAY = 20
PREPARE_GREETING = "operators.prepare_greeting"
_OFFER = "greeting.offer"


@transactional
def upload_greeting(*, operator_id: int, data: bytes) -> Greeting:
    """Have the worker prepare a recording, instead of one that is prepared or waits. Raises Invalid for what no decoder is
    asked about (see `operators.greeting_formats`), LimitReached.
    """
    container_of(data)
    operator = lock_operator(operator_id)
    words = "That’s a lot of recordings for one day. Please try again tomorrow."
    check_daily_limit(operator_id, action=_OFFER, most=MAX_UPLOADS_PER_DAY, words=words)
    operator.greetings.exclude(state=ReviewState.SHOWN).delete()
    greeting = Greeting.objects.create(operator=operator, state=ReviewState.UPLOADED, offered_at=clock.now())
    GreetingFile.objects.create(greeting=greeting, format=GreetingFormat.UPLOAD, data=data)
    audit.record(actor=operator.user, action=_OFFER, subject=operator)
    jobs.configure_task(PREPARE_GREETING, queue=Queue.DEFAULT, allow_unknown=True).defer(
        greeting_id=greeting.pk
    )
    return greeting


def prepare_greeting(*, greeting_id: int) -> None:
    """Make the files of a recording and put it before staff, or refuse it in words for the operator. Nothing if that was done, or
    if the operator has replaced it or taken it back.
    """
    upload = GreetingFile.objects.filter(
        greeting=greeting_id, greeting__state=ReviewState.UPLOADED, format=GreetingFormat.UPLOAD
    ).first()
    if upload is None:
        return
    prepared: PreparedGreeting | Invalid
    try:
        prepared = prepare(bytes(upload.data))  # before anything is locked
    except Invalid as error:
        prepared = error
    if isinstance(prepared, Invalid):
        _refuse_upload(greeting_id, prepared.message)
    else:
        files = {
            GreetingFormat.OPUS: prepared.opus,
            GreetingFormat.AAC: prepared.aac,
            GreetingFormat.PHONE: prepared.phone,
        }
        _store_files(greeting_id, prepared.digest, prepared.duration_ms, files)


@transactional
def withdraw_greeting(*, operator_id: int) -> None:
    """The operator changed their mind about the recording that waits, or has read why the last one was refused."""
    operator = lock_operator(operator_id)
    operator.greetings.exclude(state=ReviewState.SHOWN).delete()


@transactional
def remove_greeting(*, operator_id: int, actor: AbstractBaseUser | None, reason: str = "") -> None:
    """Play none any more. Staff give a reason. Raises Invalid, NotFound without a greeting."""
    operator = lock_operator(operator_id)
    if actor != operator.user:
        reason = checked_reason(reason)
    if not operator.greeting:
        raise NotFound("There’s no greeting to remove.")
    audit.record(
        actor=actor, action="greeting.remove", subject=operator, reason=reason, greeting=operator.greeting
    )
    operator.greetings.filter(state=ReviewState.SHOWN).delete()
    if actor != operator.user:
        greeting_decided.tell(
            operator=operator, decision="removed", reason=reason, greeting=operator.greeting
        )
    _publish(operator, "", 0)


@transactional
def approve_greeting(*, greeting_id: int, actor: AbstractBaseUser | None) -> None:
    """Play a greeting that waits instead of the one that was shown. Raises NotFound if it was replaced or taken back meanwhile,
    and NotAllowed `own_account`.
    """
    greeting = lock_waiting(Greeting, greeting_id)
    refuse_own_account(actor, greeting.operator)
    greeting.operator.greetings.filter(state=ReviewState.SHOWN).delete()
    greeting.state = ReviewState.SHOWN
    greeting.save(update_fields=["state"])
    _publish(greeting.operator, greeting.digest, greeting.duration_ms)
    audit.record(actor=actor, action="greeting.approve", subject=greeting.operator, greeting=greeting.digest)
    greeting_decided.tell(
        operator=greeting.operator, decision="approved", reason="", greeting=greeting.digest
    )


@transactional
def refuse_greeting(*, greeting_id: int, reason: str, actor: AbstractBaseUser | None) -> None:
    """Say no, in words that the operator reads. Raises Invalid without a reason, NotFound as above."""
    reason = checked_reason(reason, "the operator reads it")
    _refuse(lock_waiting(Greeting, greeting_id), reason, actor)


@transactional
def _refuse_upload(greeting_id: int, reason: str) -> None:
    greeting = _lock_uploaded(greeting_id)
    if greeting is not None:
        _refuse(greeting, reason, None)


@transactional
def _store_files(greeting_id: int, digest: str, duration_ms: int, files: dict[GreetingFormat, bytes]) -> None:
    greeting = _lock_uploaded(greeting_id)
    if greeting is None:
        return
    greeting.files.all().delete()
    GreetingFile.objects.bulk_create(
        GreetingFile(greeting=greeting, format=kind, data=data) for kind, data in files.items()
    )
    greeting.state, greeting.digest, greeting.duration_ms = ReviewState.WAITING, digest, duration_ms
    greeting.save(update_fields=["state", "digest", "duration_ms"])


def _lock_uploaded(greeting_id: int) -> Greeting | None:
    """The recording, its operator locked before it; None if it was prepared or replaced meanwhile."""
    rows = Greeting.objects.filter(pk=greeting_id, state=ReviewState.UPLOADED)
    owner = rows.values_list("operator_id", flat=True).first()
    if owner is None:
        return None
    operator = lock_operator(owner)
    greeting = rows.first()
    if greeting is not None:
        greeting.operator = operator
    return greeting


def _refuse(greeting: Greeting, reason: str, actor: AbstractBaseUser | None) -> None:
    """`actor` is None where the recording itself was the reason."""
    greeting.files.all().delete()
    greeting.state, greeting.reason = ReviewState.REFUSED, reason
    greeting.save(update_fields=["state", "reason"])
    audit.record(
        actor=actor,
        action="greeting.refuse",
        subject=greeting.operator,
        reason=reason,
        greeting=greeting.digest,
    )
    greeting_decided.tell(
        operator=greeting.operator, decision="refused", reason=reason, greeting=greeting.digest
    )


def _publish(operator: Operator, digest: str, duration_ms: int) -> None:
    operator.greeting, operator.greeting_ms = digest, duration_ms
    operator.save(update_fields=["greeting", "greeting_ms"])
