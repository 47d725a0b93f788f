"""`manage.py doctor`: a sound installation passes; each of these broken ones is named, with a cure, and exits with 1."""

import io
import json
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.db import connection
from pytest_django.fixtures import Settings

from backoffice.backup import status
from backoffice.doctor import phone, web
from backoffice.doctor.findings import Level
from billing.gateways import SANDBOX
from billing.models import MerchantAccount, TaxJurisdiction, TaxRate, TaxZip
from brands.models import Brand, BrandHost
from core import clock
from customers.models import LegalEdition
from customers.states import ConsentKind
from phones.services.store_number import store_number
from telephony.models import SoundFile
from telephony.services.make_sounds import missing_sounds
from telephony.services.spoken_codes import DIGITS
from tests.factories import BrandFactory, StaffFactory
from tests.support.backed_up import recorded, shipped_now
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db
NUMBER = "+12125550199"


def doctor(*options: str) -> tuple[int, dict[str, dict[str, str]]]:
    """Its exit code, and what it says by part; of several findings of a part the worst."""
    out = io.StringIO()
    try:
        call_command("doctor", "--json", *options, stdout=out)
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    found: dict[str, dict[str, str]] = {}
    for line in out.getvalue().splitlines():
        finding = json.loads(line)
        if finding["part"] not in found or finding["level"] == Level.PROBLEM:
            found[finding["part"]] = finding
    return code, found


def assert_names(part: str, words: str, *options: str) -> None:
    code, found = doctor(*options)
    wrong = {name: finding["words"] for name, finding in found.items() if finding["level"] == Level.PROBLEM}
    assert code == 1
    assert list(wrong) == [part]
    assert words in wrong[part]
    assert found[part]["cure"]


@pytest.fixture(autouse=True)
def sound(phone_system: PhoneSystem) -> PhoneSystem:
    """An installation without a fault: a brand, its sounds, a worker, a phone system with ports enough."""
    BrandFactory()
    store_number("+12125550142")
    SoundFile.objects.bulk_create(
        SoundFile(content_id=each.content_id, text=each.text[:200], data=b"RIFF") for each in missing_sounds()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() + interval '1 hour')"
        )
    phone_system.health = {"max_calls": 100, "max_calls_per_second": 20, "rtp_ports": 400}
    return phone_system


def test_a_sound_one_passes() -> None:
    code, found = doctor("--call", NUMBER, "--no-input", "--mail", "owner@aeims.test")
    assert code == 0
    assert {"Database", "Clock", "Keys", "Disk", "Phone system", "RTP ports", "Prompts", "Tax"} <= set(found)
    assert found["Test call"]["level"] == found["Test mail"]["level"] == Level.OK


def test_a_trunk_that_refuses_our_password(sound: PhoneSystem) -> None:
    sound.outcome = {"state": "not_reached", "cause": 21}
    assert_names("Test call", "refused the call", "--call", NUMBER, "--no-input")
    assert "TRUNK_PASSWORD" in doctor("--call", NUMBER, "--no-input")[1]["Test call"]["cure"]


def test_a_code_that_is_not_heard_means_closed_ports(sound: PhoneSystem) -> None:
    [heard] = phone.call_a_phone(NUMBER, lambda: "000000", lambda _: None)
    assert (heard.level, "RTP_START" in heard.cure) == (Level.PROBLEM, True)

    def as_spoken() -> str:
        sounds = sound.asked_for("/verification")[-1].body["sounds"]
        return "".join(name[-1] for name in sounds if "numbers/" in name)[:DIGITS]

    [heard] = phone.call_a_phone(NUMBER, as_spoken, lambda _: None)
    assert heard.level == Level.OK


def test_too_few_rtp_ports(sound: PhoneSystem) -> None:
    sound.health["rtp_ports"] = 100
    assert_names("RTP ports", "room for 25 calls")


def test_a_clock_that_is_an_hour_ahead() -> None:
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        assert_names("Clock", "ahead of the database")


def test_a_phone_system_whose_clock_is_off(sound: PhoneSystem) -> None:
    sound.health["switch_date_off_seconds"] = 90
    assert_names("Clocks of the phone system", "90 s ahead")


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**11, 10**11, 10**8))  # type: ignore[attr-defined]
    assert_names("Disk", "0.1 GB of 100 GB")


def test_a_mail_server_that_is_not_there(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = taken.getsockname()
        assert_names("Mail server", "refused us")


@pytest.mark.parametrize(
    ("setting", "words"), [("DATA_KEYS", "cannot read"), ("HASH_KEYS", "finds no number")]
)
def test_another_key_than_what_is_stored_under(settings: Settings, setting: str, words: str) -> None:
    setattr(settings, setting, ["another-key-that-is-long-enough-to-be-one-of-ours"])
    assert_names("Keys", words)


def test_sounds_that_were_not_made() -> None:
    SoundFile.objects.all().delete()
    assert_names("Prompts", "are missing")


def test_a_brand_without_a_host() -> None:
    BrandHost.objects.all().delete()
    assert_names("Hosts", "has no host")


def test_a_merchant_account_without_a_statement_text() -> None:
    MerchantAccount.objects.create(
        brand=BrandFactory(),
        gateway="ccbill",
        account="0000",
        statement_text=" ",
        support_phone="+12125550123",
    )
    assert_names("Statement text of flirts.nyc", "has none")


def test_a_rate_that_ended() -> None:
    new_york = TaxJurisdiction.objects.create(code="NY", name="New York")
    TaxZip.objects.create(jurisdiction=new_york, prefix="100")
    TaxRate.objects.create(
        jurisdiction=new_york, starts_on=date(2020, 1, 1), ends_on=date(2020, 12, 31), voice_millionths=1000
    )
    assert_names("Tax", "no rate today")


def test_an_adapter_that_is_gone(no_phone_system: None) -> None:
    assert_names("Phone system", "no calls can be made")


def test_migrations_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE none")
        cursor.execute("DELETE FROM django_migrations WHERE app = 'telephony' AND name LIKE '00%'")
    assert_names("Database", "not applied")


def test_what_is_asked_before_it_opens() -> None:
    """Texts of a lawyer, a real processor, two people with a second factor."""
    brand = BrandFactory()
    account = MerchantAccount.objects.create(
        brand=brand,
        gateway=SANDBOX,
        account="demo",
        statement_text="NYCF*SUPPORT",
        support_phone="+12125550123",
    )
    code, found = doctor("--go-live")
    wrong = {name for name, finding in found.items() if finding["level"] == Level.PROBLEM}
    assert (code, wrong) == (1, {f"Legal texts of {brand}", f"Cards on {brand}", "Staff", "Backup drill"})
    for kind in (ConsentKind.TERMS, ConsentKind.PRIVACY, ConsentKind.PRICES):
        LegalEdition.objects.create(brand=brand, kind=kind, edition="own 1", text="Ours")
    account.gateway = "ccbill"
    account.save()
    for _ in range(2):
        Authenticator.objects.create(user=StaffFactory(), type=Authenticator.Type.TOTP, data={})
    recorded("drill", days=8)
    assert doctor("--go-live")[1]["Backup drill"]["words"] == "The last one that passed was 8 days ago."
    recorded("drill", days=6)
    assert doctor("--go-live")[0] == 0


@pytest.fixture
def archiving(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL archives, and journal and record were copied just now."""
    monkeypatch.setattr(status, "_ARCHIVER", "SELECT true, 5.0::float, false")
    shipped_now()


@pytest.mark.usefixtures("archiving")
def test_a_backup_that_is_too_old() -> None:
    recorded("full", days=9)
    assert_names("Backups", "The newest is 9 days old")
    recorded("full", hours=1)
    assert doctor()[0] == 0


@pytest.mark.usefixtures("archiving")
def test_an_archive_that_lags(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded("full", hours=1)
    monkeypatch.setattr(status, "_ARCHIVER", "SELECT true, 61.0::float, false")
    assert_names("WAL archive", "61 s behind")


def test_a_pgbackrest_that_is_too_old(tmp_path: Path, settings: Settings) -> None:
    program = tmp_path / "pgbackrest"
    program.write_text("#!/bin/sh\necho 'pgBackRest 2.45'\n")
    program.chmod(0o755)
    settings.BACKUP = settings.BACKUP | {"COMMAND": str(program)}
    assert_names("pgBackRest", "2.45 does not know PostgreSQL 18")


# -- certificates: a real TLS server on loopback


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[Callable[[int], tuple[int, ssl.SSLContext]]]:
    """Starts one whose certificate is good for so many days; its port, and a context that trusts who made it."""
    listeners: list[socket.socket] = []

    def start(days: int) -> tuple[int, ssl.SSLContext]:
        key, certificate = tmp_path / "key", tmp_path / "certificate"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", key, "-out", certificate, "-days", str(days), "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost"],
            check=True, capture_output=True,
        )  # fmt: skip
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=_serve, args=(listener, context), daemon=True).start()
        return listener.getsockname()[1], ssl.create_default_context(cafile=str(certificate))

    yield start
    for listener in listeners:
        listener.close()


def _serve(listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        try:
            context.wrap_socket(plain, server_side=True).close()
        except OSError:
            plain.close()


def test_a_certificate_that_browsers_accept(tls_server: Callable[[int], tuple[int, ssl.SSLContext]]) -> None:
    port, trusting = tls_server(90)
    assert web.certificate_of("localhost", port, trusting).level == Level.OK
    refused = web.certificate_of("localhost", port)  # nobody vouches for it
    assert (refused.level, "Browsers refuse" in refused.words) == (Level.PROBLEM, True)


@pytest.mark.parametrize(("days", "gone", "level"), [
    (90, 70, Level.OK), (90, 80, Level.PROBLEM),  # less than two weeks are left
    (4, 0, Level.OK), (4, 3.5, Level.PROBLEM),  # of a short one, less than a quarter
])  # fmt: skip
def test_a_certificate_that_should_have_been_renewed(
    tls_server: Callable[[int], tuple[int, ssl.SSLContext]], days: int, gone: float, level: Level
) -> None:
    port, trusting = tls_server(days)
    with time_machine.travel(clock.now() + timedelta(days=gone)):
        assert web.certificate_of("localhost", port, trusting).level == level


def test_a_host_where_nobody_answers_or_that_has_no_address() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = web.certificate_of("localhost", taken.getsockname()[1])
    assert "Nobody answers" in nobody.words
    assert "no address" in web.certificate_of("brand.invalid", 443).words


def trunk(state: str, **changes: object) -> dict[str, object]:
    """A trunk as the adapter's /health tells it."""
    told = {"name": "carrier", "state": state, "channels": 0, "refused": 0, "last_refusal": ""}
    return told | changes


@pytest.mark.parametrize(
    ("state", "words", "cure"),
    [
        ("rejected", "refuses our registration", "TRUNK2_PASSWORD"),
        ("not_registered", "not registered", "TRUNK2_HOST"),
        ("unreachable", "does not answer", "TRUNK2_TRANSPORT"),
    ],
)
def test_a_trunk_that_takes_no_calls(sound: PhoneSystem, state: str, words: str, cure: str) -> None:
    sound.health["trunks"] = [trunk("reachable", name="carrier"), trunk(state, name="carrier2")]
    assert_names("Trunk carrier2", words)
    assert cure in doctor()[1]["Trunk carrier2"]["cure"]


def test_no_trunk_at_all_is_told_on_the_staffs_home_page_too(sound: PhoneSystem) -> None:
    sound.health["trunks"] = [trunk("unreachable"), trunk("rejected", name="carrier2")]
    code, found = doctor()
    wrong = {part for part, finding in found.items() if finding["level"] == Level.PROBLEM}
    assert (code, wrong) == (1, {"Trunks", "Trunk carrier", "Trunk carrier2"})
    assert found["Trunks"]["words"] == "No carrier takes calls: carrier is unreachable, carrier2 is rejected."
    assert "TRUNK_HOST" in found["Trunk carrier"]["cure"]


@pytest.mark.parametrize(
    ("state", "level"), [("registered", Level.OK), ("reachable", Level.OK), ("unknown", Level.ADVICE)]
)
def test_trunks_without_a_fault(sound: PhoneSystem, state: str, level: Level) -> None:
    sound.health["trunks"] = [trunk(state, refused=3, last_refusal="SIP 503")]
    code, found = doctor()
    assert (code, found["Trunk carrier"]["level"]) == (0, level)
    assert "3 calls" in found["Trunk carrier"]["words"]
    assert "SIP 503" in found["Trunk carrier"]["words"]


def test_an_adapter_that_tells_nothing_of_trunks_is_no_fault() -> None:
    code, found = doctor()
    assert code == 0
    assert not [part for part in found if part.startswith("Trunk")]


@pytest.mark.parametrize(
    ("level", "words", "expected"),
    [
        ("", "Nobody has written down", Level.ADVICE),
        ("C", "level C", Level.ADVICE),
        ("A", "level A", Level.OK),
    ],
)
def test_how_caller_ids_are_signed_is_told_as_the_owner_wrote_it(
    level: str, words: str, expected: Level
) -> None:
    brand = BrandFactory()
    Brand.objects.filter(pk=brand.pk).update(caller_id_attestation=level)
    found = doctor("--go-live")[1][f"Caller ids of {brand.name}"]
    assert (found["level"], words in found["words"]) == (expected, True)
    assert f"Caller ids of {brand.name}" not in doctor()[1]
