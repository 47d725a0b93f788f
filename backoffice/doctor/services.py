"""What runs beside this process: phone system, Redis, workers, mail; and what calls need of them."""

import shutil
from collections.abc import Iterator

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from backoffice.backup.pgbackrest import BackupError, require_version
from backoffice.doctor.findings import Finding, advice, ok, problem
from backoffice.service_health import services
from notices.push_client import is_available
from telephony import adapter_client
from telephony.services.make_sounds import missing_sounds

PORTS_PER_CALL = 4
_CURES = {
    "Phone system": "Start adapter and Asterisk, compare AEIMS_API_KEY on both sides, and read the adapter's log.",
    "Clocks of the phone system": "Sync all machines with NTP (timedatectl set-ntp true).",
    "Journal of calls": "Make room on the adapter's disk, or let it write to ADAPTER_JOURNAL.",
    "Trunks": "See the finding of each trunk below.",
    "Phone lines": "Raise ADAPTER_MAX_CALLS and Asterisk's RTP ports, or order more lines.",
    "Sound of calls": "Open Asterisk's UDP ports (RTP_START to RTP_END) in the firewall; check SIP_EXTERNAL_ADDRESS.",
    "Redis": "Start Redis, or correct REDIS_URL.",
    "Background workers": "Start the worker (manage.py run_worker).",
    "WAL archive": "Set archive_mode and archive_command in PostgreSQL, and read its log (docs/operations.md, Backup).",
    "Backups": "Have manage.py backup --watch run where the data are, and read what it says (docs/operations.md, Backup).",
    "Copies of calls": "Set AEIMS_BACKUP_RECORDS and AEIMS_BACKUP_RECORDS_TO for manage.py backup --watch.",
    "Jobs": "Read the worker's log; the queue is in the admin under Procrastinate.",
    "Mail": "Read the last error on Mail in the back office; check EMAIL_URL with --mail.",
}


def services_are_well() -> Iterator[Finding]:
    """The same checks as on the staff's home page."""
    for check in services():
        if check.is_well:
            yield ok(check.name, check.words)
        else:
            yield problem(check.name, check.words, _CURES.get(check.name, "Read the log."))


def pgbackrest_knows_postgresql() -> Iterator[Finding]:
    """Where this machine has a pgBackRest, it is new enough; elsewhere it runs beside the data."""
    if shutil.which(settings.BACKUP["COMMAND"]) is None:
        return
    try:
        require_version()
    except BackupError as error:
        yield problem("pgBackRest", str(error), "Install it, and run manage.py backup again.")
    else:
        yield ok("pgBackRest", "It knows PostgreSQL 18.")


def rtp_ports_are_enough() -> Iterator[Finding]:
    """Each call needs four ports of Asterisk's: sound and its control, of two legs."""
    part = "RTP ports"
    try:
        health = adapter_client.health().body
    except (adapter_client.Refused, adapter_client.Unknown):
        return  # `services_are_well` says it
    ports, calls = int(health.get("rtp_ports") or 0), int(health.get("max_calls") or 0)
    if not ports or not calls:
        return  # simulated phones, or an older Asterisk configuration, which does not say
    room = ports // PORTS_PER_CALL
    words = f"Asterisk has {ports} RTP ports, room for {room} calls; ADAPTER_MAX_CALLS is {calls}."
    if room < calls:
        cure = f"Set RTP_END so that there are {calls * PORTS_PER_CALL} ports, or ADAPTER_MAX_CALLS={room}."
        yield problem(part, words, cure)
    else:
        yield ok(part, words)


def prompts_are_made() -> Iterator[Finding]:
    """Each name and warning that calls speak has its sound."""
    missing = missing_sounds()
    if missing:
        yield problem(
            "Prompts",
            f"{len(missing)} sounds are missing, one says “{missing[0].text}”.",
            "Run manage.py make_prompts, or let the worker make them (it needs flite and sox).",
        )
    else:
        yield ok("Prompts", "Every name and warning has its sound.")


def mail_server_answers() -> Iterator[Finding]:
    """It can be reached and takes our login; nothing is sent."""
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        if settings.EMAIL_BACKEND.endswith(("console.EmailBackend", "locmem.EmailBackend")):
            cure = "Set EMAIL_URL, or EMAIL_PROVIDER."
            yield advice("Mail server", "The worker only prints mail. It reaches nobody.", cure)
        return
    server = get_connection(timeout=settings.EMAIL_TIMEOUT)
    try:
        server.open()
        server.close()
    except OSError as error:
        yield problem(
            "Mail server",
            f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT} refused us: {error}",
            "Correct EMAIL_URL: host, port, user, password, smtp+tls:// or smtp+ssl://.",
        )
    else:
        yield ok("Mail server", f"{settings.EMAIL_HOST} accepts our login.")


def push_has_a_key() -> Iterator[Finding]:
    """Whether browsers can be sent notifications."""
    if is_available():
        yield ok("Push notifications", "Browsers can turn them on.")
    else:
        cure = "Set AEIMS_PUSH_KEY; deploy/containers/make_secrets.sh makes one."
        yield advice("Push notifications", "They are off, and pages don't mention them.", cure)


def send_a_mail(address: str) -> Iterator[Finding]:
    """One plain mail to `address`, by the server that all mail goes by."""
    mail = EmailMessage(
        "Test of mail",
        "This email was sent by manage.py doctor --mail.",
        settings.DEFAULT_FROM_EMAIL,
        [address],
    )
    try:
        mail.send()
    except OSError as error:
        yield problem(
            "Test mail", f"It wasn’t accepted: {error}", "Correct EMAIL_URL or the sender's address."
        )
    else:
        yield ok("Test mail", f"Sent to {address} from {settings.DEFAULT_FROM_EMAIL}. Check that it arrives.")
