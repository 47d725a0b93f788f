"""An owner who knows README and docs/operations.md alone: from a bare Debian to a billed call on Asterisk, and an upgrade in a call."""

import asyncio
import json
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from tests.lab.audio import tone_of
from tests.lab.carrier import Carrier
from tests.lab.numbers import Behaviour, Kind
from tests.lab.phone import Phone
from tests.owner.browser import Browser, Page
from tests.owner.machine import Machine, wheels
from tests.support.smtp_sink import MailSink
from tools.environment import ROOT

pytestmark = [pytest.mark.long, pytest.mark.asyncio, pytest.mark.asterisk, pytest.mark.timeout(1800)]

# The first release that its own script installs whole.
RELEASE_BEFORE = "c3215135"
SITE, PORTAL, ADMIN = "www.example.test", "portal.example.test", "admin.example.test"
OWNERS_PHONE, OPERATORS_PHONE, CUSTOMERS_PHONE = "+12125550148", "+12125550147", "+12125550149"
PASSWORD = "a long enough passphrase"
SETTINGS = {
    "AEIMS_PORTAL_HOSTS": PORTAL, "AEIMS_ADMIN_HOSTS": ADMIN, "EMAIL_URL": "smtp://127.0.0.1:18025",
    "DEFAULT_FROM_EMAIL": "office@example.test", "TRUNK_HOST": "127.0.0.1", "TRUNK_MATCH": "127.0.0.1",
    "SIP_EXTERNAL_ADDRESS": "127.0.0.1", "ADAPTER_MAX_CALLS": "10", "RTP_END": "10039", "PROXY_ISSUER": "internal",
}  # fmt: skip
MORE_SETTINGS = "TRUNK_PORT=15270\nSIP_BIND=127.0.0.1\nSIP_PORT=15271\n"
ANSWERS = {
    "owner_email": "owner@example.test", "owner_password": PASSWORD, "brand_name": "example.test", "brand_host": SITE,
    "brand_theme": "neutral", "support_email": "support@example.test", "caller_id": "+12125550100",
    "operator_name": "Anna Lee", "operator_email": "anna@example.test", "operator_phone": OPERATORS_PHONE,
    "operator_rate": "3.99",
}  # fmt: skip
AUTHORITY = "/var/lib/aeims-proxy/caddy/pki/authorities/local/root.crt"


@pytest.fixture
def mail() -> Iterator[MailSink]:
    """The owner's mail server."""
    sink = MailSink()
    server = Controller(sink, hostname="127.0.0.1", port=18025)
    server.start()
    yield sink
    server.stop()


@pytest.fixture
async def carrier() -> AsyncIterator[Carrier]:
    """Phones: the owner's answers and listens, all others press 1."""

    def behaviour(number: str) -> Behaviour:
        return Behaviour(Kind.ACCEPT if number.endswith(("147", "149")) else Kind.ANSWER, ring_seconds=1)

    async with Carrier(port=15270, behaviour=behaviour) as carrier:
        yield carrier


def install(machine: Machine, source: str) -> str:
    """By the script of today, whatever release it installs."""
    command = ["sh", f"{source}/deploy/debian/install.sh"]
    return machine.run(*command, PIP_NO_INDEX="1", PIP_FIND_LINKS="/root/wheels")


def fill_in(machine: Machine) -> None:
    """What the script asked for, in the file that it made."""
    file = machine.path("/etc/aeims/settings")
    text = file.read_text()
    for name, value in SETTINGS.items():
        text, count = re.subn(rf"(?m)^{name}=.*$", f"{name}={value}", text)
        assert count == 1, name
    file.write_text(text + MORE_SETTINGS)


@asynccontextmanager
async def listening(machine: Machine) -> AsyncIterator["Console"]:
    console = Console(machine)
    try:
        yield console
    finally:
        await console.close()


class Console:
    """What Asterisk says it plays: the owner listens to codes there, for a test has no ears for words."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        command = ["asterisk", "-C", "/run/aeims-asterisk/etc/asterisk.conf", "-rvvv"]
        self._process = machine.popen(
            "systemd-run", "--quiet", "--pipe", "--collect", "--unit=console", "--uid=asterisk", *command
        )
        self._lines: list[str] = []
        self._reading = asyncio.get_running_loop().run_in_executor(None, self._read)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.append(line)

    async def code(self) -> str:
        """The six digits of the next spoken code."""
        begin = len(self._lines)
        for _ in range(600):
            # By the channel: a call before may still be repeating its own code.
            played = re.findall(r"<(\S+)> Playing 'aeims/(\S+?)\.", "".join(self._lines[begin:]))
            channel = next((channel for channel, sound in played if sound == "common/your-code-is"), None)
            digits = [sound[-1] for on, sound in played if on == channel and sound.startswith("numbers/")]
            if len(digits) >= 6:
                return "".join(digits[:6])
            await asyncio.sleep(0.1)
        raise AssertionError("no code was spoken: " + "".join(self._lines[-20:]))

    async def close(self) -> None:
        self._machine.run("systemctl", "stop", "console", check=False)
        self._process.wait(timeout=30)
        await self._reading
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


async def mailed(mail: MailSink, address: str, pattern: str) -> str:
    """What the newest mail to somebody has of a pattern, once there is one."""
    for _ in range(600):
        for message in reversed(mail.mails):
            found = re.search(pattern, _text(message)) if address in str(message["To"]) else None
            if found:
                return found[1]
        await asyncio.sleep(0.1)
    raise AssertionError(f"no mail for {address} with {pattern}")


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return str(body.get_content()) if body else ""


async def spoken(browser: Browser, console: Console, path: str, **fields: str) -> Page:
    """Have a code spoken by a form, and type it in."""
    hears = asyncio.create_task(console.code())
    await asyncio.sleep(0)
    form = await browser.get(path.removesuffix("phone/"))
    page = await browser.submit(path, on=form, **fields)
    assert "/code" in page.url or "/phone/" in page.url, page.words
    return await browser.submit(page.url, code=await hears)


async def test_from_a_bare_debian_through_an_upgrade_to_another_machine(
    mail: MailSink, carrier: Carrier, tmp_path: Path
) -> None:
    with Machine(tmp_path / "first") as machine:
        comes_up(machine)
        async with listening(machine) as console:
            await is_well(machine, console, carrier)
            authority = tmp_path / "root.crt"
            authority.write_bytes(machine.path(AUTHORITY).read_bytes())
            async with Browser(PORTAL, authority) as anna, Browser(SITE, authority) as caller:
                await goes_online(anna, console, mail)
                await signs_up(caller, console, mail)
                gift = machine.run(
                    "aeims-manage", "grant_free_minutes", "--actor", "owner@example.test", "--customer", "caller@example.test",
                    "--minutes", "30", "--covers-fee", "--expires", "+30d", "--reason", "First call of the installation",
                )  # fmt: skip
                assert "30 free minutes" in gift

                # -- The first call.
                customer, operator, call = await talks(caller, carrier)
                customer.hangup()
                receipt = await settled(caller, call)
                assert "Anna Lee" in receipt.words
                assert "Free minutes" in (await anna.get("/statement/")).words

                # -- Upgraded while two people talk: nobody hears of it, and the call is billed.
                await anna.submit("/ready/", on=await anna.get("/"))
                customer, operator, call = await talks(caller, carrier)
                said = await asyncio.to_thread(install, machine, "/root/today")
                assert "Next: aeims-manage setup" in said
                assert (customer.state, operator.state) == ("answered", "answered")
                await customer.hears(lambda heard: heard.tones == (tone_of(operator.number),))
                customer.hangup()
                await settled(caller, call)
                assert (await anna.get("/")).status == 200, "still logged in"
        assert machine.run("aeims-manage", "doctor").strip().endswith("All is well.")
        assert "0 violations" in machine.run("aeims-manage", "audit")
        assert machine.run("systemctl", "--failed", "--no-legend").strip() == ""

        goes_back_and_forward(machine)
        carried = carry_away(machine, tmp_path / "carried")
    with Machine(tmp_path / "second") as machine:
        comes_up_from(machine, tmp_path / "carried", carried)


def comes_up(machine: Machine) -> None:
    """The release before, by the script of today, which says once what it needs to know. Then the owner, the site, an operator."""
    machine.unpack(ROOT, "/root/before", commit=RELEASE_BEFORE)
    machine.unpack(ROOT, "/root/today")
    machine.run(
        "sh", "-c", "cp -a /root/today/deploy/debian /root/today/deploy/containers /root/before/deploy/"
    )
    refused = machine.run("sh", "/root/before/deploy/debian/install.sh", check=False)
    assert "fill in AEIMS_PORTAL_HOSTS" in refused
    fill_in(machine)
    machine.path("/etc/hosts").write_text(f"127.0.0.1 localhost {SITE} {PORTAL} {ADMIN}\n")
    machine.run("apt-get", "update", "-q")
    machine.run("apt-get", "install", "-y", "-q", "--no-install-recommends", "python3")
    python = machine.run("python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])").strip()
    wheels(machine.path("/root/wheels"), python)
    assert "Next: aeims-manage setup" in install(machine, "/root/before")
    assert machine.run("systemctl", "--failed", "--no-legend").strip() == ""
    said = machine.run("aeims-manage", "setup", "--answers", "-", text=json.dumps(ANSWERS))
    assert "owner@example.test administers example.test now." in said


async def is_well(machine: Machine, console: Console, carrier: Carrier) -> None:
    """All that `doctor` looks at, and a call of it to the owner's phone."""
    machine.run("aeims-manage", "make_prompts")
    await believed_authority(machine)
    rings = asyncio.create_task(carrier.wait_call(OWNERS_PHONE, timeout=60))
    hears = asyncio.create_task(console.code())
    doctor = machine.popen("aeims-manage", "doctor", "--call", OWNERS_PHONE)
    await rings
    assert doctor.stdin is not None
    doctor.stdin.write(await hears + "\n")
    doctor.stdin.flush()
    words, _ = await asyncio.to_thread(doctor.communicate, timeout=120)
    assert "Test call: The phone rang, and the voice was heard." in words
    assert (doctor.returncode, words.strip().splitlines()[-1]) == (0, "All is well."), words


def goes_back_and_forward(machine: Machine) -> None:
    """To the release before, on the tables of today, and again to the one of today."""
    today = machine.run("readlink", "/opt/aeims/current")
    for release_is_todays in (False, True):
        said = machine.run("sh", "/root/today/deploy/debian/install.sh", "--rollback")
        assert "again" in said
        assert (machine.run("readlink", "/opt/aeims/current") == today) is release_is_todays
        assert "0 violations" in machine.run("aeims-manage", "audit")


def asked(machine: Machine, query: str, *, check: bool = True, database: str = "aeims") -> str:
    """What PostgreSQL's administrator reads."""
    return machine.run(
        "runuser", "-u", "postgres", "--", "psql", "-At", database, "-c", query, check=check
    ).strip()


BOOKS = "SELECT count(*), sum(amount_minor * id) FROM ledger_entry"


def carry_away(machine: Machine, to: Path) -> str:
    """Settings, secrets, the repository, and the copies of records; what the books are then. Nothing else is left of the machine."""
    until(machine, "runuser -u postgres -- pgbackrest --stanza=aeims info", "full backup")
    books = asked(machine, BOOKS)
    last = asked(machine, "SELECT pg_walfile_name(pg_switch_wal())")
    archived = "SELECT last_archived_wal >= '{}' FROM pg_stat_archiver"
    until(machine, f'runuser -u postgres -- psql -At -c "{archived.format(last)}"', "t")
    machine.run("systemctl", "start", "aeims-records")
    to.mkdir()
    for place in ("/etc/aeims", "/var/lib/pgbackrest", "/var/lib/aeims-copies", "/root/wheels"):
        subprocess.run(["cp", "-a", str(machine.path(place)), str(to)], check=True)
    return books


def until(machine: Machine, command: str, words: str) -> None:
    """Until a command says so, two minutes at most."""
    said = machine.run(
        "sh",
        "-c",
        f"for try in $(seq 120); do {command} | grep -q '{words}' && exit 0; sleep 1; done; {command}; exit 1",
    )
    assert said == "", said


def comes_up_from(machine: Machine, carried: Path, books: str) -> None:
    """As docs/operations.md says of another machine: install with the same secrets, restore, reconcile, audit, start."""
    machine.unpack(ROOT, "/root/today")
    for name, place in (("aeims", "/etc"), ("wheels", "/root")):
        subprocess.run(["cp", "-a", str(carried / name), str(machine.path(place))], check=True)
    machine.path("/etc/hosts").write_text(f"127.0.0.1 localhost {SITE} {PORTAL} {ADMIN}\n")
    install(machine, "/root/today")
    machine.run(
        "sh", "-c", "systemctl stop 'aeims-web@*' 'aeims-sockets@*' aeims-worker aeims-backup 'postgresql@*'"
    )
    subprocess.run(["cp", "-a", str(carried / "pgbackrest"), str(machine.path("/root"))], check=True)
    data = machine.run("sh", "-c", "ls -d /var/lib/postgresql/*/main").strip()
    machine.run(
        "sh", "-c",
        f"rm -rf /var/lib/pgbackrest {data} && mv /root/pgbackrest /var/lib/ && chown -R postgres: /var/lib/pgbackrest"
        f" && install -d -o postgres -g postgres -m 700 {data}",
    )  # fmt: skip
    restored = machine.run("aeims-manage", "--as-postgres", "restore", "--to", "latest", "--data", data)
    since = re.search(r"--since (\S+)", restored)
    assert since, restored
    machine.run("systemctl", "start", "postgresql")
    until(machine, "runuser -u postgres -- psql -At -c 'SELECT pg_is_in_recovery()' 2>&1", "^f")
    machine.run("aeims-manage", "reconcile_after_restore", "--since", since[1])
    assert asked(machine, BOOKS) == books
    assert "0 violations" in machine.run("aeims-manage", "audit")
    units = "aeims-web@1 aeims-web@2 aeims-sockets@1 aeims-sockets@2 aeims-worker aeims-backup"
    machine.run("sh", "-c", f"systemctl start {units}")
    until(machine, f"python3 -c \"import ssl, urllib.request as r; print(r.urlopen('https://{SITE}/livez',"
          " context=ssl._create_unverified_context()).status)\" 2>&1", "200")  # fmt: skip
    assert machine.run("systemctl", "--failed", "--no-legend").strip() == ""


async def believed_authority(machine: Machine) -> None:
    """The proxy signs certificates itself here: the machine believes them once its root is among its authorities."""
    command = ["python3", "-c", f"import urllib.request as r; r.urlopen('https://{SITE}/livez')"]
    for _ in range(100):
        machine.run(*command, check=False)
        if machine.path(AUTHORITY).exists():
            break
        await asyncio.sleep(0.2)
    machine.run("cp", AUTHORITY, "/usr/local/share/ca-certificates/aeims.crt")
    machine.run("update-ca-certificates")


async def goes_online(anna: Browser, console: Console, mail: MailSink) -> None:
    """The operator: a password by the mailed link, a verified phone, online."""
    link = await mailed(mail, "anna@example.test", r"(https://\S+/reset/key/\S+)")
    page = await anna.get(link)
    page = await anna.submit(page.url, on=page, password1=PASSWORD, password2=PASSWORD)
    changed = page.words
    page = await anna.submit("/accounts/login/", login="anna@example.test", password=PASSWORD)
    page = await anna.get("/")
    assert "Anna Lee" in page.words, (changed, page.words)
    page = await spoken(anna, console, "/settings/phone/", typed=OPERATORS_PHONE)
    assert "Your phone is verified." in page.words, page.words
    page = await anna.submit("/presence/", on=await anna.get("/"), presence="online", minutes="240")
    assert page.status == 200


async def signs_up(caller: Browser, console: Console, mail: MailSink) -> None:
    """A customer: an account, the code of the mail, a verified phone."""
    await caller.submit("/enter/", on=await caller.get("/"), next="/")
    fields = {"email": "caller@example.test", "password1": PASSWORD, "born_on": "03/07/1990"}
    page = await caller.submit("/accounts/signup/", **fields, is_adult="on", agrees="on")
    page = await caller.submit(
        page.url, on=page, code=await mailed(mail, "caller@example.test", r"(?m)^\s*([A-Z0-9-]{6,9})\s*$")
    )
    page = await spoken(caller, console, "/account/phones/", number=CUSTOMERS_PHONE)
    assert "/code/" not in page.url, page.words


async def talks(caller: Browser, carrier: Carrier) -> tuple[Phone, Phone, str]:
    """Both phones, joined and hearing each other, and the call's id."""
    before = carrier.phones
    customer = asyncio.create_task(rung(carrier, CUSTOMERS_PHONE, before))
    operator = asyncio.create_task(rung(carrier, OPERATORS_PHONE, before))
    page = await caller.get("/operators/anna-lee/")
    page = await caller.submit("/operators/anna-lee/call/", on=page, key=page.value("key"))
    found = re.search(r"call=(call_\w+)", page.url)
    assert found, page.words
    phones = await customer, await operator
    for one, other in (phones, phones[::-1]):
        await one.hears(lambda heard, other=other: heard.tones == (tone_of(other.number),), timeout=30)
    await asyncio.sleep(5)
    return *phones, found[1]


async def rung(carrier: Carrier, number: str, before: list[Phone]) -> Phone:
    """The phone of this number, in a call that came after these."""
    for _ in range(600):
        phone = carrier.phone(number)
        if phone is not None and phone not in before:
            return phone
        await asyncio.sleep(0.1)
    raise AssertionError(f"{number} wasn't called")


async def settled(caller: Browser, call: str) -> Page:
    """The receipt of a call, once it is billed."""
    for _ in range(100):
        page = await caller.get(f"/calls/{call}/")
        if page.status == 200 and "Free minutes" in page.words:
            return page
        await asyncio.sleep(0.2)
    raise AssertionError(page.words)
