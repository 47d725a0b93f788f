"""`make mutation`: put known defects into a copy of the code, one at a time, and see that the named test fails.

A test that passes beside the defect it is there for is a defect itself. The list below is also the table of
docs/mutation-check.md, which a test keeps equal. Every text to replace must stand exactly once in its file.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools import (
    call_defects,
    dependency_defects,
    event_defects,
    money_defects,
    offer_defects,
    page_defects,
    payment_defects,
    payout_defects,
    posting_defects,
    referral_defects,
    restore_defects,
    waiting_defects,
)
from tools.environment import ROOT, data_directory

FAILED = 1  # pytest's exit code for tests that failed; any other is no proof


@dataclass(frozen=True)
class Defect:
    """What is broken on purpose, and who must notice."""

    name: str
    path: str
    old: str
    new: str
    test: str


_PARTS = (
    money_defects,
    payment_defects,
    payout_defects,
    offer_defects,
    call_defects,
    dependency_defects,
    page_defects,
    restore_defects,
    waiting_defects,
    referral_defects,
    event_defects,
    posting_defects,
)
_NOW = "    at = clock.now()  # after the locks: a package may have expired while we waited for them\n"
_WALLET = "    wallet = accounts.wallet(customer_id=customer.pk, currency=conf.currency())\n"

DEFECTS = (
    Defect(
        "The balance is read, then changed, with no guard in the change",
        "billing/ledger/sql/ledger_post_rows.sql",
        "AND NOT has_funds\n                AND (posted >= held\n",
        "AND NOT has_funds\n                AND (true OR posted >= held\n",
        "tests/billing/test_races.py::test_debits_on_funds_for_twenty_let_exactly_twenty_pass",
    ),
    Defect(
        "The unique key of an operator's live call is missing",
        "telephony/migrations/0001_initial.py",
        'fields=("operator",),',
        'fields=("operator", "id"),',
        "tests/telephony/test_races.py::test_50_customers_on_one_operator_at_once_are_one_call",
    ),
    Defect(
        "Expiry is judged by the time before the lock was had, as now() would",
        "billing/services/authorize.py",
        _NOW,
        "",
        "tests/billing/test_races.py::test_a_package_that_expires_while_its_lock_is_awaited_is_not_used",
    ),
    Defect(
        "Talk is split minute by minute",
        "billing/rating.py",
        "    return _sale(TALK, talk_minor, usage.tariff, usage.tariff.talk_tax_millionths, paid_seconds)\n",
        "    minutes, share = max(1, paid_seconds // 60), usage.tariff.operator_share_bps\n"
        "    part = talk_minor // minutes * share // BPS * minutes\n"
        "    return Component(TALK, talk_minor, part, talk_minor - part, seconds=paid_seconds)\n",
        "tests/billing/test_rating.py::test_known_bills",
    ),
    Defect(
        "The hold of a new grant is added to the old one instead of replacing it",
        "billing/services/extend_grant.py",
        "accounts.change_hold(wallet, held - authorization.held_minor)",
        "accounts.change_hold(wallet, held)",
        "tests/billing/test_settle.py::test_grants_replace_the_hold_until_the_money_is_gone_and_more_money_goes_on",
    ),
    Defect(
        "A settlement does not look whether there was one",
        "billing/services/settle.py",
        "    if authorization.state != AuthorizationState.OPEN:\n",
        "    if False:\n",
        "tests/billing/test_settle.py::test_a_repeat_changes_nothing_and_says_the_same_whatever_it_says_itself",
    ),
    Defect(
        "Talk beyond the grant is charged",
        "billing/rating.py",
        "    return min(granted_seconds, max(1, joined_ms // 1000))",
        "    return max(1, joined_ms // 1000)",
        "tests/billing/test_rating.py::test_a_call_is_never_charged_beyond_its_grant",
    ),
    Defect(
        "An event that comes after the end is taken for another end",
        "telephony/machine.py",
        "        TABLE[_final, _event] = Step(_final, Action.IGNORE)",
        "        TABLE[_final, _event] = Step(_final, Action.FINISH)",
        "tests/telephony/test_machine.py::test_what_is_over_stays_over",
    ),
    Defect(
        "A repeated event is handled again",
        "telephony/services/handle_event.py",
        "    if earlier_answer is not None:\n",
        "    if False:\n",
        "tests/telephony/test_webhook.py::"
        "test_a_repeat_is_answered_as_the_first_time_to_the_byte_and_money_moves_once",
    ),
    Defect(
        "A started increment is not charged",
        "billing/rating.py",
        "    started = -(-past_first // tariff.next_increment_seconds)",
        "    started = past_first // tariff.next_increment_seconds",
        "tests/simulation/test_simulation.py::test_the_pure_parts_keep_every_promise_in_stories_at_random",
    ),
    Defect(
        "A signature counts however old it is",
        "telephony/wire.py",
        "return abs(float(timestamp) - at) <= WINDOW_SECONDS",
        "return True",
        "tests/telephony/test_webhook.py::test_a_stale_or_future_event_is_refused_and_told_the_servers_time",
    ),
    Defect(
        "A call that is over is granted time when asked about",
        "telephony/services/handle_event.py",
        "call.terms.granted_seconds if call.is_live else 0",
        "call.terms.granted_seconds if call.is_live else 60",
        "tests/telephony/test_webhook.py::test_who_asks_about_a_call_that_is_over_hears_to_hang_up",
    ),
    Defect(
        "An Idempotency-Key is taken for another request too",
        "core/api.py",
        "if stored_answer and stored_answer.fingerprint not in _fingerprints(action, request.data):",
        "if False:",
        "tests/telephony/test_races.py::test_ten_threads_with_one_key_are_one_call_and_one_answer",
    ),
    Defect(
        "Silent calls are given up at once while the adapter is away",
        "telephony/services/sweep.py",
        "call.heard_at > deadline_now() - GIVE_UP_AFTER",
        "False",
        "tests/telephony/test_sweeper.py::test_while_the_adapter_is_away_or_unsure_nothing_is_decided_for_an_hour",
    ),
    Defect(
        "A late truth takes more from the customer than there is",
        "billing/services/adjust_settlement.py",
        "uncollected = max(0, change_net - max(0, wallet.available_minor))",
        "uncollected = 0",
        "tests/telephony/test_sweeper.py::test_what_the_customer_no_longer_has_is_borne_by_the_house_and_the_operator_gets_all",
    ),
    Defect(
        "An address is written in a domain app",
        "telephony/snapshots.py",
        "RECEIPT.path(call.call_id)",
        'f"/calls/{call.call_id}/"',
        "tests/project/test_contracts.py::test_no_domain_app_writes_an_address",
    ),
    Defect(
        "An address is written in a template",
        "templates/storefront/receipt.html",
        "{% url 'activity' %}",
        "/activity/",
        "tests/project/test_contracts.py::test_no_template_writes_an_address",
    ),
    Defect(
        "A site uses a template of another",
        "templates/storefront/receipt.html",
        '{% include "components/receipt.html"',
        '{% include "portal/header.html"',
        "tests/project/test_contracts.py::test_no_site_uses_the_templates_of_another",
    ),
    Defect(
        "A view of the portal posts to the ledger",
        "portal/dashboard_views.py",
        "from core import clock\n",
        "from billing.ledger.posting import post\nfrom core import clock\n",
        "tests/project/test_contracts.py::test_the_import_contracts_are_kept",
    ),
    Defect(
        "The running cost is a second ahead of the timer",
        "telephony/snapshots.py",
        "cost_minor(talked_seconds(call, at))",
        "cost_minor(talked_seconds(call, at) + 1)",
        "tests/telephony/test_figures.py::test_every_figure_of_a_call_is_the_same_and_follows_the_rules",
    ),
    Defect(
        "Money in mid-call is not told to the phone system",
        "telephony/services/extend_live_call.py",
        "    try:\n        adapter_client.extend",
        "    return\n    try:\n        adapter_client.extend",
        "tests/telephony/test_grants.py::test_money_in_mid_call_extends_it_at_once_and_the_phone_system_hears_it",
    ),
    Defect(
        "A page of another site may open a customer's socket",
        "web/consumers.py",
        "return bool(origin) and origin ==",
        "return bool(origin) or origin ==",
        "tests/telephony/test_sockets.py::test_a_page_of_another_site_cannot_open_a_socket_with_the_customers_cookie",
    ),
    Defect(
        "A script computes a price",
        "static/js/conversation-requests.js",
        "if (dataset.expectedPrice) body.expected_price = dataset.expectedPrice;",
        "body.expected_price = (dataset.ratePerMessage / 100).toFixed(2);",
        "tests/project/test_scripts.py::test_no_script_holds_a_rule_of_a_price",
    ),
    Defect(
        "A brand's theme is not registered",
        "brands/themes.py",
        'slug="nycflirts",',
        'slug="gone",',
        "tests/web/test_themes.py::test_the_theme_of_every_shipped_brand_is_registered_and_in_the_style_sheet",
    ),
    Defect(
        "A brand's theme is not in the style sheet",
        "static/css/themes.css",
        '[data-theme="nycflirts"] {',
        '[data-theme="gone"] {',
        "tests/web/test_themes.py::test_the_theme_of_every_shipped_brand_is_registered_and_in_the_style_sheet",
    ),
    Defect(
        "An adopted call counts by the adapter's date, an hour off the switch's",
        "telephony/adapter/adapter.py",
        "mono = self.event_clock.when(joined_at, now)",
        "mono = now - (self._wall() - joined_at)",
        "tests/adapter/test_recovery.py"
        "::test_a_call_joined_in_the_instant_of_death_counts_from_there_whatever_the_switch_takes_for_the_date",
    ),
    *(Defect(*defect) for part in _PARTS for defect in part.DEFECTS),
)


def main() -> int:
    """Plant each defect in a copy of its own; 0 if every one was found. Arguments: words of the names of those to plant."""
    words = sys.argv[1:]
    chosen = [defect for defect in DEFECTS if not words or any(word in defect.name for word in words)]
    missed = [defect.name for defect in chosen if not _is_found(defect)]
    print(f"{len(chosen) - len(missed)} of {len(chosen)} planted defects were found.")
    for name in missed:
        print(f"NOT FOUND: {name}", file=sys.stderr)
    return 1 if missed else 0


def _is_found(defect: Defect) -> bool:
    with tempfile.TemporaryDirectory(prefix="aeims-planted-") as directory:
        copy = Path(directory)
        _copy_tracked_files(copy)
        plant(defect, copy)
        options = ["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", defect.test]
        command = [str(ROOT / ".venv/bin/python"), *options]
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {
            "AEIMS_DATA_DIR": str(_data_of(defect, copy))
        }
        process = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, check=False
        )
    print(f"{'found ' if process.returncode == FAILED else 'MISSED'}  {defect.name}", flush=True)
    if process.returncode != FAILED:
        print(process.stdout[-2000:], process.stderr[-2000:], sep="\n", file=sys.stderr)
    return process.returncode == FAILED


def _data_of(defect: Defect, copy: Path) -> Path:
    """Where its test finds a migrated database: our own checkout's, unless the defect changes what migrations do."""
    return copy / ".local" if {"sql", "migrations"} & set(Path(defect.path).parts) else data_directory()


def plant(defect: Defect, tree: Path) -> None:
    """Break `tree` in this way. Raises ValueError where the text does not stand exactly once."""
    file = tree / defect.path
    text = file.read_text()
    if text.count(defect.old) != 1:
        raise ValueError(f"{defect.path}: the text of «{defect.name}» stands {text.count(defect.old)} times")
    text = text.replace(defect.old, defect.new)
    if defect.old == _NOW:  # the reading moves up, before the locks
        text = text.replace(_WALLET, "    at = clock.now()\n" + _WALLET, 1)
    if file.suffix == ".sql":  # a migration installs the text that it names
        _name_in_migrations(file, text)
    file.write_text(text)


def _name_in_migrations(file: Path, text: str) -> None:
    """Have the migrations that name what `file` of an app's `sql` holds name `text` instead."""
    before, after = (hashlib.sha256(words.encode()).hexdigest() for words in (file.read_text(), text))
    for migration in (file.parent.parent / "migrations").glob("*.py"):
        migration.write_text(migration.read_text().replace(before, after))


def _copy_tracked_files(copy: Path) -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, tracked.stdout.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)


if __name__ == "__main__":
    sys.exit(main())
