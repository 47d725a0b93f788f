"""Calls against Asterisk's own record: differences are named, and put right by the record."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from billing.auditing import run, scope_since
from core import clock
from core.models import AuditRecord
from customers.models import User
from telephony.models import Call, Correction
from telephony.services.decide_correction import approve_correction
from tests.factories import StaffFactory, UserFactory
from tests.scenario import (
    assert_everything_released,
    given_customer,
    given_operator,
    tell,
    the_call,
    wallet,
    when_called,
    when_talked,
)

pytestmark = pytest.mark.django_db(transaction=True)


class Record:
    """A CEL file as `deploy/asterisk` has it written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[tuple[datetime, list[str]]] = []

    def joined(
        self,
        call: Call | str,
        seconds: float,
        *,
        begun: float = 10,
        left_first: str = "cust",
        held_after: float | None = None,
        cause: int = 16,
    ) -> None:
        """Both legs enter the bridge; after `seconds` one leaves, and then the other. `held_after` so many, the operator
        put the customer on hold.
        """
        call_id, at = (call, clock.now()) if isinstance(call, str) else (call.call_id, call.initiated_at)
        other = "op" if left_first == "cust" else "cust"
        for offset, kind, leg in (
            (begun - 4, "BRIDGE_ENTER", "cust"),
            (begun, "BRIDGE_ENTER", "op"),
            (begun + seconds, "BRIDGE_EXIT", left_first),
            (begun + seconds + 0.02, "BRIDGE_EXIT", other),
        ):
            self._row(at + timedelta(seconds=offset), kind, call_id, leg, {"bridge_id": f"{call_id}-br"})
        self._row(
            at + timedelta(seconds=begun + seconds + 0.01),
            "HANGUP",
            call_id,
            left_first,
            {"hangupcause": cause},
        )
        if held_after is not None:
            held_at = at + timedelta(seconds=begun + held_after)
            details = {"extra": f"operator {held_at.timestamp():.3f}"}
            self._row(held_at + timedelta(milliseconds=20), "AEIMS_HOLD", call_id, "hold-1b", details)

    def rang(self, call: Call) -> None:
        self._row(
            call.initiated_at + timedelta(seconds=20), "HANGUP", call.call_id, "cust", {"hangupcause": 19}
        )

    def write(self) -> None:
        text = io.StringIO()
        for _, row in sorted(self.rows, key=lambda item: item[0]):
            csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(row)
        self.path.write_text(text.getvalue())

    def _row(self, at: datetime, kind: str, call_id: str, leg: str, extra: dict[str, object]) -> None:
        name = f"{call_id}-{leg}"
        stamp = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        self.rows.append((at, [kind, stamp, name, name, f"PJSIP/{leg}", json.dumps(extra), "", ""]))


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path / "cel.csv")


def talked(milliseconds: int, *, minutes_ago: float = 60) -> Call:
    """A call of a customer with 45.00, settled an hour ago."""
    then = clock.now() - timedelta(minutes=minutes_ago)
    with clock.using(lambda: then):
        call = when_called(given_customer(balance="45.00"), given_operator())
    when_talked(call, milliseconds)
    return call


def reconcile(record: Record, *options: str) -> tuple[int, str]:
    """Exit code and what was printed."""
    record.write()
    out = io.StringIO()
    try:
        call_command("reconcile_calls", "--cel", str(record.path), *options, stdout=out)
    except CommandError as error:
        return 1, f"{out.getvalue()}{error}"
    return 0, out.getvalue()


def repair(record: Record) -> tuple[int, str]:
    """`--repair`, by a member of staff who may."""
    actor = User.objects.filter(email="repairs@aeims.test").first() or StaffFactory(
        email="repairs@aeims.test"
    )
    return reconcile(record, "--repair", "--actor", actor.email)


def approve(call: Call) -> None:
    """A person decides that the record is right."""
    waiting = Correction.objects.get(call=call)
    approve_correction(correction_id=waiting.pk, reason="the record is right", actor=StaffFactory())


def test_calls_that_follow_the_record_pass(record: Record) -> None:
    for milliseconds in (400, 59_990, 60_010, 127_000):
        record.joined(talked(milliseconds), milliseconds / 1000)
    assert reconcile(record) == (0, "every call follows the record\n")


def test_a_few_milliseconds_or_the_same_second_are_no_difference(record: Record) -> None:
    record.joined(talked(127_000), 127.03)
    record.joined(talked(65_000), 65.9)
    assert reconcile(record)[0] == 0


def test_another_length_is_reported_and_adjusted_once(record: Record) -> None:
    call = talked(90_000)
    record.joined(call, 170, left_first="op")
    code, said = reconcile(record)
    assert code == 1
    assert f"{call.call_id}: charged_otherwise, recorded 170000 ms, booked 90000 ms" in said
    assert wallet(call.customer) == (4500 - 897, 0)

    code, said = repair(record)  # to the customer's disadvantage
    assert (code, "not repaired: staff decide" in said) == (1, True)
    assert wallet(call.customer) == (4500 - 897, 0)
    approve(call)
    assert wallet(call.customer) == (4500 - 1296, 0)
    assert (the_call(call).charged_seconds, the_call(call).needs_review) == (170, True)
    assert repair(record) == (0, "every call follows the record\n")
    assert wallet(call.customer) == (4500 - 1296, 0)
    assert list(run(scope_since(None))) == []


def test_a_second_adjustment_is_left_to_people(record: Record) -> None:
    call = talked(90_000)
    record.joined(call, 170)
    repair(record)
    approve(call)
    record.rows.clear()
    record.joined(call, 30)
    code, said = repair(record)
    assert (code, "not repaired: This call was adjusted before." in said) == (1, True)
    assert wallet(call.customer) == (4500 - 1296, 0)


def test_a_call_that_was_joined_and_never_charged_is_reported_and_charged(record: Record) -> None:
    then = clock.now() - timedelta(hours=1)
    with clock.using(lambda: then):
        call = when_called(given_customer(balance="45.00"), given_operator())
    tell(call, "failed", at=30, why="adapter_restarted", ended_by="network")
    record.joined(call, 61)
    code, said = reconcile(record)
    assert (code, "not_charged, recorded 61000 ms, booked never connected" in said) == (1, True)
    assert repair(record)[0] == 1
    approve(call)
    assert repair(record)[0] == 0
    assert wallet(call.customer) == (4500 - 897, 0)
    assert_everything_released(call)
    assert list(run(scope_since(None))) == []


def test_a_call_that_ended_by_the_record_and_is_live_in_the_books_is_settled_by_it(record: Record) -> None:
    then = clock.now() - timedelta(hours=1)
    with clock.using(lambda: then):
        call = when_called(given_customer(balance="45.00"), given_operator())
    tell(call, "started", at=10)
    record.joined(call, 61, left_first="op")
    assert "still_live" in reconcile(record)[1]
    assert the_call(call).is_live
    assert repair(record)[0] == 0
    now = the_call(call)
    assert (now.charged_seconds, now.ended_by, now.needs_review) == (61, "operator", True)
    assert_everything_released(call)


def test_a_call_that_just_ended_may_have_its_last_events_under_way(record: Record) -> None:
    then = clock.now() - timedelta(seconds=90)
    with clock.using(lambda: then):
        call = when_called(given_customer(), given_operator())
    tell(call, "started", at=10)
    record.joined(call, 61)
    assert repair(record) == (0, "every call follows the record\n")
    assert the_call(call).is_live


def test_a_call_that_the_books_do_not_know_is_reported(record: Record) -> None:
    record.joined("call_1_0123456789abcdef", 30)
    code, said = repair(record)
    assert (code, "call_1_0123456789abcdef: unknown, recorded 30000 ms" in said) == (1, True)


def test_a_charged_call_that_the_record_does_not_know_is_reported(record: Record) -> None:
    first, lost, last = (talked(30_000, minutes_ago=minutes) for minutes in (60, 40, 20))
    record.joined(first, 30)
    record.joined(last, 30)
    code, said = repair(record)
    assert (code, f"{lost.call_id}: not_recorded" in said) == (1, True)
    assert wallet(lost.customer) == (4500 - 498, 0)


def test_a_call_of_another_node_is_not_missed_in_this_ones_record(record: Record) -> None:
    here, there = talked(127_000), talked(90_000)
    Call.objects.filter(pk=here.pk).update(node="east")
    Call.objects.filter(pk=there.pk).update(node="west")
    record.joined(here, 127)
    record.joined("call_1750000000_aaaaaa", 1)
    assert reconcile(record, "--node", "east")[1].startswith("call_1750000000_aaaaaa: unknown")
    assert f"{there.call_id}: not_recorded" not in reconcile(record, "--node", "east")[1]
    assert f"{there.call_id}: not_recorded" in reconcile(record, "--node", "west")[1]


def test_a_charged_call_whose_legs_never_met_by_the_record_is_reported(record: Record) -> None:
    call = talked(30_000)
    record.rang(call)
    assert f"{call.call_id}: not_recorded" in reconcile(record)[1]


def test_a_call_that_rang_and_was_not_charged_is_as_it_should_be(record: Record) -> None:
    call = when_called(given_customer(), given_operator())
    tell(call, "no_answer", at=30)
    record.rang(call)
    assert reconcile(record)[0] == 0


def test_where_the_switchs_clock_was_stepped_the_monotonic_one_counts(record: Record) -> None:
    then = clock.now() - timedelta(hours=3)
    with clock.using(lambda: then):
        call = when_called(given_customer(), given_operator())
    tell(call, "started", at=10)
    tell(call, "ended", at=71, joined_ms="61000", clock_difference_ms="3600000")
    record.joined(call, 61 + 3600)
    assert reconcile(record)[0] == 0


def test_a_torn_last_line_and_strangers_in_the_record_do_no_harm(record: Record) -> None:
    call = talked(127_000)
    record.joined(call, 127)
    record.write()
    record.path.write_text(
        record.path.read_text() + '"BRIDGE_ENTER","2026-01-01 00:00:00.0","somebody-else"\n"HANG'
    )
    call_command("reconcile_calls", "--cel", str(record.path))


def test_a_record_is_read_from_standard_input(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may read the database may often not read Asterisk's files: the runbook pipes them."""
    call = talked(127_000)
    record.joined(call, 61)
    record.write()
    monkeypatch.setattr("sys.stdin", io.StringIO(record.path.read_text()))
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 calls differ"):
        call_command("reconcile_calls", "--cel", "-", stdout=out)
    assert out.getvalue().startswith(call.call_id)


def test_a_record_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot read the record"):
        call_command("reconcile_calls", "--cel", str(tmp_path / "missing"))


def test_hold_and_silence_at_the_end_of_a_talk_are_no_part_of_it(record: Record) -> None:
    held, silent = talked(100_000), talked(100_000, minutes_ago=120)
    record.joined(held, 115, held_after=100)
    record.joined(silent, 130, cause=44)
    assert reconcile(record) == (0, "every call follows the record\n")


def test_a_hold_that_was_charged_is_given_back_by_the_record(record: Record) -> None:
    call = talked(130_000)
    before = wallet(call.customer)[0]
    record.joined(call, 130, held_after=115)
    code, said = repair(record)
    assert "charged_otherwise" in said, (code, said)
    assert the_call(call).joined_ms == 115_000
    assert wallet(call.customer)[0] - before == 399


def test_a_repair_names_who_does_it_and_moves_no_more_than_the_worker_would(record: Record) -> None:
    gift, large = talked(130_000), talked(4 * 60_000, minutes_ago=120)
    record.joined(gift, 100)
    record.joined(large, 1)
    for wrong in ([], ["--actor", "nobody@aeims.test"], ["--actor", UserFactory().email]):
        assert reconcile(record, "--repair", *wrong)[0] == 1
    assert the_call(gift).joined_ms == 130_000
    with override_settings(CORRECTION_LIMIT_MINOR=500):
        code, said = repair(record)
    assert (code, said.count("adjusted by -399 cents"), said.count("staff decide")) == (1, 1, 1)
    assert (the_call(gift).joined_ms, the_call(large).joined_ms) == (100_000, 240_000)
    assert AuditRecord.objects.filter(action="calls.reconcile", actor__email="repairs@aeims.test").exists()
