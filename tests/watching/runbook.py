"""The runbook of docs/operations.md, entry by entry, and the tests that follow each: make its fault, take its first look, carry out its
cure, and see its alarm at rest by the rule as it stands.

`instead`: what can't be had here, and what stands in for it. Everywhere a process of this machine stands in for a service of
`docker compose` (what `ps` says is whether it runs, `logs` what it wrote, a restart is its next start), and what `promtool` makes of the texts
that were read stands in for hours of Prometheus.
"""

import re
from dataclasses import dataclass

from tools.environment import ROOT

_PHONE, _PROCESSES, _BACKUPS = (
    f"tests/{name}.py::"
    for name in ("adapter/test_runbook", "processes/test_runbook", "processes/test_runbook_backups")
)
_MONEY, _WORK = "tests/watching/test_runbook_money.py::", "tests/watching/test_runbook_work.py::"
_SERVERS = f"{_PROCESSES}test_servers_and_adapter_are_looked_at_and_started_again"
_WORKER = f"{_PROCESSES}test_the_worker_is_looked_at_and_started_again"
_CARRIER = "the simulated switch: its trunks refuse, are slow, or are there; no status page of a carrier"


@dataclass(frozen=True, slots=True)
class Followed:
    """By these tests, with this in place of what isn't here."""

    tests: tuple[str, ...]
    instead: str = ""


FOLLOWED = {
    "WebDown": Followed((_SERVERS,)),
    "SocketsDown": Followed((_SERVERS,)),
    "ServerMissing": Followed((_SERVERS,), "an upgrade that is half done: tests/processes/test_two_webs.py replaces one web after the other"),
    "AdapterDown": Followed(
        (_SERVERS, "tests/asterisk/test_adapter_process.py::test_killed_and_started_again_in_mid_call"),
    ),
    "WorkerDown": Followed((_WORKER, "tests/processes/test_worker.py::test_what_a_dead_worker_left_is_done")),
    "WorkersSilent": Followed((_WORKER,), "SIGSTOP, and a last sign of life that is set back by five minutes"),
    "DatabaseDown": Followed(
        (
            f"{_PROCESSES}test_postgresql_is_looked_at_and_started_again",
            f"{_PROCESSES}test_connections_of_postgresql_that_somebody_holds_are_ended",
            "tests/processes/test_disk_full.py::test_a_full_disk_ends_nothing_for_good",
            "tests/processes/test_restore_to_a_moment.py::test_restored_to_a_moment_while_calls_and_loads_went_on",
        ),
    ),
    "RedisDown": Followed((f"{_PROCESSES}test_redis_is_looked_at_and_started_again",)),
    "AdapterNotReady": Followed(
        (
            f"{_PHONE}test_no_adapter_is_ready_while_its_asterisk_is_away",
            f"{_PHONE}test_no_adapter_is_ready_while_asterisk_lets_it_in_and_answers_nothing_else",
            f"{_PHONE}test_no_adapter_is_ready_while_the_one_that_stands_by_waits_for_another",
        ),
    ),
    "AsteriskDown": Followed(("tests/asterisk/test_runbook.py::test_asterisk_is_looked_at_and_started_again",)),
    "CallsFail": Followed(
        (
            f"{_PHONE}test_calls_fail_by_one_carrier_and_go_by_another_trunk",
            "tests/backoffice/test_doctor.py::test_a_trunk_that_refuses_our_password",
            "tests/backoffice/test_pause_services.py::test_new_calls_are_paused_and_the_running_one_goes_on",
        ),
        _CARRIER,
    ),
    "CallsRefused": Followed(
        (
            f"{_PHONE}test_callers_are_refused_by_a_full_node_that_is_given_more_room",
            f"{_PHONE}test_callers_are_refused_who_come_too_fast_for_what_the_carrier_allows",
            f"{_PHONE}test_the_journal_is_broken_until_there_is_room_again",
        ),
    ),
    "PhoneLinesFull": Followed(
        (
            f"{_PHONE}test_lines_are_full_of_calls_that_do_not_end",
            f"{_WORK}test_a_call_that_should_be_over_is_ended_on_the_page_of_live_calls",
            f"{_PHONE}test_callers_are_refused_by_a_full_node_that_is_given_more_room",
        ),
        "another node: one adapter with more room",
    ),
    "AnswerRateLow": Followed(
        (
            f"{_PHONE}test_few_answer_calls_from_a_number_until_the_brand_has_another",
            f"{_WORK}test_the_number_that_ends_in_these_digits_is_found_and_the_brand_gets_another",
        ),
        "registering a number with a carrier: a number of the brand's that is answered",
    ),
    "CarrierSlow": Followed((f"{_PHONE}test_a_slow_carriers_calls_get_through_with_a_longer_limit",), _CARRIER),
    "SetupSlow": Followed((f"{_PHONE}test_calls_are_joined_late_by_operators_who_pick_up_late",), "simulated phones that ring for long"),
    "SoundLost": Followed(
        (f"{_PHONE}test_the_sound_of_all_calls_is_lost_and_the_alarm_stays_a_quarter_of_an_hour",),
        "a firewall: simulated phones that all fall silent at once",
    ),
    "JournalBroken": Followed(
        (f"{_PHONE}test_the_journal_is_broken_until_there_is_room_again",), "a full disk: `os.write` that says so"
    ),
    "EventsStuck": Followed((f"{_PHONE}test_events_are_stuck_until_what_is_between_is_mended",), "web: a scripted one"),
    "EventsRefused": Followed(
        (
            f"{_PHONE}test_a_refused_event_is_named_and_the_alarm_rests_a_day_later",
            "tests/backoffice/test_after_restore.py",
            "tests/telephony/test_reconcile.py::test_a_record_is_read_from_standard_input",
        ),
    ),
    "ClocksApart": Followed(
        (
            f"{_PHONE}test_clocks_differ_until_time_is_set_again",
            "tests/backoffice/test_doctor.py::test_a_phone_system_whose_clock_is_off",
        ),
        "`timedatectl`: the simulated switch's clock is set",
    ),
    "SilentCalls": Followed(
        (
            f"{_WORK}test_calls_are_silent_until_the_adapter_is_back_and_is_asked",
            f"{_WORK}test_a_call_that_nobody_knows_of_for_an_hour_is_ended_for_staff_to_review",
        ),
    ),
    "UnusualExchange": Followed((f"{_WORK}test_an_exchange_is_refused_by_a_setting_and_the_alarm_stays_for_a_day",)),
    "GrantsLate": Followed((f"{_PHONE}test_grants_are_late_until_web_answers_and_calls_that_ended_for_it_are_named",)),
    "CallsCutOff": Followed(
        (
            f"{_PHONE}test_grants_are_late_until_web_answers_and_calls_that_ended_for_it_are_named",
            f"{_WORK}test_who_was_cut_off_is_given_free_minutes",
        ),
    ),
    "SettleLate": Followed((f"{_MONEY}test_a_bill_comes_late_and_the_next_ones_do_not",)),
    "BooksWrong": Followed((f"{_MONEY}test_a_row_is_wrong_until_it_is_put_back_and_audited",)),
    "AuditOverdue": Followed((f"{_MONEY}test_the_books_are_audited_by_hand_after_a_night_without",)),
    "SealsLate": Followed((f"{_MONEY}test_seals_wait_for_a_transaction_that_is_open_for_long_and_is_ended",)),
    "ArchiveLate": Followed((f"{_BACKUPS}test_the_archive_is_late_until_the_repository_has_room_again",)),
    "BackupsOld": Followed((f"{_BACKUPS}test_backups_are_old_until_one_is_taken",)),
    "CallCopiesOld": Followed((f"{_BACKUPS}test_copies_of_calls_are_old_until_they_can_be_written",)),
    "MoneyBackHigh": Followed((f"{_MONEY}test_much_goes_back_by_one_member_of_staff_whose_right_is_taken",)),
    "MoneyInStopped": Followed(
        (f"{_MONEY}test_nobody_adds_funds_while_that_is_paused_and_somebody_does_when_it_is_resumed",),
        "the processor and its status page: one in memory",
    ),
    "QueueLate": Followed((_WORKER,), "a job that hangs: the whole worker is stopped"),
    "JobsFailed": Followed((f"{_PROCESSES}test_failed_jobs_are_looked_at_and_retried",)),
    "MailStopped": Followed(
        (
            f"{_WORK}test_mail_stops_until_its_server_is_at_the_address_that_is_set",
            f"{_WORK}test_mail_that_was_given_up_is_sent_again_by_staff",
        ),
    ),
    "StaffWorkWaiting": Followed((f"{_WORK}test_a_queue_is_worked_on_by_somebody_who_is_given_the_right_to",)),
    "PagesFail": Followed(
        (f"{_WORK}test_pages_fail_until_the_release_before_serves_again",),
        "going back to the release before: tests/owner does it on a booted Debian, here the broken view is mended",
    ),
    "PagesSlow": Followed((f"{_WORK}test_pages_are_slow_until_what_holds_the_lock_is_ended",)),
}  # fmt: skip


def entries() -> dict[str, str]:
    """The text of each entry, by its heading, in order."""
    page = (ROOT / "docs/operations.md").read_text()
    runbook = page.split("\n## Runbook\n", 1)[1].split("\n## ", 1)[0]
    found = re.split(r"^### (\w+)\n", runbook, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def introduction() -> str:
    """What stands before the first entry."""
    page = (ROOT / "docs/operations.md").read_text()
    return page.split("\n## Runbook\n", 1)[1].split("\n### ", 1)[0]
