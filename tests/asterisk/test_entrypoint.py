"""The container's entrypoint: what it renders, and what it refuses."""

import os
import re
import shutil
import stat
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from tests.lab import preloads
from tests.lab.asterisk import DEPLOY

NEEDED = {"ASTERISK_ARI_PASSWORD": "open-sesame", "TRUNK_HOST": "sip.carrier.example"}


def _start(
    tmp_path: Path, deploy: Path = DEPLOY, **values: str
) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Run it up to the point where it would become Asterisk, for which a script stands that tells what it would preload."""
    programs, run = tmp_path / "bin", tmp_path / "run"
    programs.mkdir(parents=True)
    asterisk = programs / "asterisk"
    asterisk.write_text('#!/bin/sh\necho "LD_PRELOAD=$LD_PRELOAD"\n')
    asterisk.chmod(0o755)
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "ASTERISK_RUN_DIR": str(run),
        "ASTERISK_STATE_DIR": str(tmp_path / "state"),
        "ASTERISK_LOG_DIR": str(tmp_path / "log"),
        "ASTERISK_MODULE_DIR": "/usr/lib/asterisk/modules",
        "ASTERISK_STEADY_CLOCK": "",
        **values,
    }
    command = ["sh", str(deploy / "entrypoint.sh")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done, run / "etc"


def test_nothing_is_left_to_fill_in(tmp_path: Path) -> None:
    done, etc = _start(tmp_path, **NEEDED)
    assert done.returncode == 0, done.stderr
    rendered = {file.name: file.read_text() for file in etc.iterdir()}
    assert "password = open-sesame" in rendered["ari.conf"]
    assert "contact = sip:sip.carrier.example:5060" in rendered["pjsip.conf"]
    assert "match = sip.carrier.example" in rendered["pjsip.conf"]
    assert not [name for name, text in rendered.items() if "@" in text]


def test_a_trunk_that_asks_for_a_password_gets_one(tmp_path: Path) -> None:
    _, etc = _start(tmp_path, **NEEDED, TRUNK_USERNAME="aeims", TRUNK_PASSWORD="p@ss#1&\\2")
    pjsip = (etc / "pjsip.conf").read_text()
    assert "outbound_auth = carrier" in pjsip
    assert "password = p@ss#1&\\2\n" in pjsip


def test_a_trunk_known_by_its_address_has_no_password(tmp_path: Path) -> None:
    _, etc = _start(tmp_path, **NEEDED)
    pjsip = (etc / "pjsip.conf").read_text()
    assert "outbound_auth" not in pjsip
    assert re.findall(r"(?m)^password = ([0-9a-f]{48})$", pjsip) == re.findall(
        r"(?m)^password = (.*)$", pjsip
    )


def test_passwords_are_readable_by_nobody_else(tmp_path: Path) -> None:
    _, etc = _start(tmp_path, **NEEDED)
    assert stat.S_IMODE((etc / "ari.conf").stat().st_mode) == 0o600
    assert stat.S_IMODE(etc.stat().st_mode) == 0o700


@pytest.mark.parametrize("missing", NEEDED)
def test_it_does_not_start_without_what_has_no_default(tmp_path: Path, missing: str) -> None:
    done, _ = _start(tmp_path, **{name: value for name, value in NEEDED.items() if name != missing})
    assert done.returncode == 64
    assert missing in done.stderr


@pytest.mark.parametrize("value", ["a;b", "a\nread_only = no"])
def test_a_value_that_would_change_the_file_is_refused(tmp_path: Path, value: str) -> None:
    done, _ = _start(tmp_path, **NEEDED | {"ASTERISK_ARI_PASSWORD": value})
    assert done.returncode == 65
    assert "ASTERISK_ARI_PASSWORD" in done.stderr


def test_asterisk_gets_the_steady_clock_before_all_else(tmp_path: Path) -> None:
    library = str(preloads.steady_clock())
    done, _ = _start(tmp_path, **NEEDED, ASTERISK_STEADY_CLOCK=library, LD_PRELOAD="")
    assert done.stdout.strip() == f"LD_PRELOAD={library}"


def test_it_does_not_start_without_the_steady_clock_unless_told_to(tmp_path: Path) -> None:
    done, _ = _start(tmp_path, **NEEDED, ASTERISK_STEADY_CLOCK=str(tmp_path / "none.so"))
    assert done.returncode == 66
    assert "none.so is missing" in done.stderr


def test_told_to_it_takes_the_date_as_it_comes(tmp_path: Path) -> None:
    done, _ = _start(tmp_path, **NEEDED)
    assert (done.returncode, done.stdout.strip()) == (0, "LD_PRELOAD=")


def test_asterisk_gets_the_final_answers_that_are_beside_the_entrypoint(tmp_path: Path) -> None:
    deploy = tmp_path / "deploy"
    shutil.copytree(DEPLOY, deploy, ignore=shutil.ignore_patterns("*.so"))
    clock, answers = str(preloads.steady_clock()), shutil.copy(preloads.final_answers(), deploy)
    done, _ = _start(tmp_path, deploy, **NEEDED, ASTERISK_STEADY_CLOCK=clock, LD_PRELOAD="")
    assert (done.stdout.strip(), done.stderr) == (f"LD_PRELOAD={clock}:{answers}", "")


def test_without_the_final_answers_it_starts_and_says_so(tmp_path: Path) -> None:
    done, _ = _start(tmp_path, **NEEDED)
    assert (done.returncode, done.stdout.strip()) == (0, "LD_PRELOAD=")
    assert "final_answers.so is missing" in done.stderr


def test_passwords_may_be_in_files(tmp_path: Path) -> None:
    files = {}
    for name, password in (("ASTERISK_ARI_PASSWORD", "of the file"), ("TRUNK_PASSWORD", 'a$b"c')):
        file = tmp_path / name
        file.write_text(f"{password}\n")
        files[f"{name}_FILE"] = str(file)
    done, etc = _start(tmp_path, TRUNK_HOST="sip.carrier.example", TRUNK_USERNAME="aeims", **files)
    assert done.returncode == 0, done.stderr
    assert "password = of the file\n" in (etc / "ari.conf").read_text()
    pjsip = (etc / "pjsip.conf").read_text()
    assert 'password = a$b"c\n' in pjsip
    assert "supported_algorithms_uac = SHA-512-256,SHA-256,MD5\n" in pjsip


def test_a_record_that_cannot_be_written_stops_the_start() -> None:
    """As after an upgrade from an image whose Asterisk was another user. Root could write anywhere: so it starts as nobody."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        place = Path(name)
        place.chmod(0o755)
        for directory in ("log/cel-custom", "state", "run"):
            (place / directory).mkdir(parents=True)
        environment = {
            "PATH": os.environ["PATH"], "ASTERISK_RUN_DIR": f"{name}/run", "ASTERISK_STATE_DIR": f"{name}/state",
            "ASTERISK_LOG_DIR": f"{name}/log", "ASTERISK_STEADY_CLOCK": "", **NEEDED,
        }  # fmt: skip
        (place / "log").chmod(0o555)
        nobody = {"user": 65534} if os.geteuid() == 0 else {}
        script = DEPLOY.joinpath("entrypoint.sh").read_text()
        done = subprocess.run(
            ["sh", "-s"], input=script, env=environment, capture_output=True, text=True, cwd="/", **nobody
        )
        (place / "log").chmod(0o755)
    assert done.returncode == 73
    assert "can't be written" in done.stderr


@pytest.mark.parametrize("is_there", [True, False])
def test_it_waits_for_the_address_that_ari_is_to_have(tmp_path: Path, is_there: bool) -> None:
    addresses = tmp_path / "fib_trie"
    addresses.write_text("     |-- 172.30.89.0\n     |-- 172.30.89.1" + ("\n" if is_there else "7\n"))
    bind = {
        "ASTERISK_HTTPS_BIND": "172.30.89.1",
        "NETWORK_ADDRESSES": str(addresses),
        "BETWEEN_LOOKS": "0.001",
    }
    done, _ = _start(tmp_path, **NEEDED, **bind)
    assert done.returncode == (0 if is_there else 69)
    assert ("no address 172.30.89.1" in done.stderr) == (not is_there)


CALLS_UNTIL_TOLD = """\
#!/bin/sh
# Asterisk as the entrypoint sees it: its console writes down what it is told; the process ends when `end` is there.
case $* in
*-rx*) echo "$4" >> "$DIRECTORY/told"; [ "$4" = "$ENDS_ON" ] && touch "$DIRECTORY/end"; exit 0 ;;
esac
touch "$DIRECTORY/runs"
until [ -e "$DIRECTORY/end" ]; do sleep 0.02; done
exit 7
"""


@pytest.mark.parametrize(
    ("ends_on", "seconds", "told"),
    [
        ("core stop gracefully", "60", ["core stop gracefully"]),
        ("core stop now", "0.2", ["core stop gracefully", "core stop now"]),
    ],
    ids=["the last call ends", "the time is up"],
)
def test_told_to_stop_it_lets_calls_end(ends_on: str, seconds: str, told: list[str], tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    asterisk = programs / "asterisk"
    asterisk.write_text(CALLS_UNTIL_TOLD)
    asterisk.chmod(0o755)
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}", "ASTERISK_RUN_DIR": str(tmp_path / "run"), "ASTERISK_STATE_DIR": str(tmp_path / "state"),
        "ASTERISK_LOG_DIR": str(tmp_path / "log"), "ASTERISK_MODULE_DIR": "/usr/lib/asterisk/modules", "ASTERISK_STEADY_CLOCK": "",
        "ASTERISK_STOP_SECONDS": seconds, "DIRECTORY": str(tmp_path), "ENDS_ON": ends_on, **NEEDED,
    }  # fmt: skip
    process = subprocess.Popen(
        ["sh", str(DEPLOY / "entrypoint.sh")], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        while not (tmp_path / "runs").exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.terminate()
        assert process.wait(30) == 7  # as Asterisk ended
    finally:
        (tmp_path / "end").touch()
        process.kill()
    assert (tmp_path / "told").read_text().splitlines() == told


SECOND = {
    "TRUNK2_HOST": "sip.second.example", "TRUNK2_TRANSPORT": "tls", "TRUNK2_SRTP": "yes", "TRUNK2_CODECS": "g722,ulaw",
    "TRUNK2_USERNAME": "us", "TRUNK2_REGISTER": "yes", "TRUNK2_NUMBERS": "digits", "TRUNK2_ASSERTED_IDENTITY": "yes",
    "TRUNK2_DOMAIN": "second.example", "TRUNK2_MAX_CALLS": "30", "TRUNK2_CALLS_PER_SECOND": "5",
    "ASTERISK_TLS_CERTIFICATE": "/run/secrets/certificate", "ASTERISK_TLS_KEY": "/run/secrets/key", "SIP_TLS_CA": __file__,
}  # fmt: skip


def section(pjsip: str, name: str, kind: str) -> str:
    """The one section of this name and type."""
    wanted = [
        part for part in pjsip.split("\n[") if part.startswith(f"{name}]") and f"\ntype = {kind}\n" in part
    ]
    assert len(wanted) == 1, f"{len(wanted)} sections {name} of type {kind}"
    return wanted[0]


def test_one_trunk_is_configured_as_before_there_were_several(tmp_path: Path) -> None:
    _, etc = _start(tmp_path, **NEEDED)
    pjsip, modules = (etc / "pjsip.conf").read_text(), (etc / "modules.conf").read_text()
    endpoint = section(pjsip, "carrier", "endpoint")
    assert "transport = udp\n" in endpoint
    assert "allow = ulaw\n" in endpoint
    assert "[carrier2]" not in pjsip
    assert not re.search(r"(?m)^(type = registration|protocol = t|media_encryption|from_)", pjsip)
    assert not re.search(r"load = (res_srtp|codec_(?!ulaw)|res_pjsip_outbound_reg|res_pjsip_header)", modules)
    told = (etc / "trunks.conf").read_text()
    assert told == "AEIMS_TRUNK_1 = name=carrier numbers=plus calls=0 calls_per_second=0\n"


def test_a_second_trunk_has_what_is_its_own(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("of the second\n")
    done, etc = _start(
        tmp_path, **NEEDED, **SECOND, TRUNK_USERNAME="one", TRUNK_PASSWORD="of the first", TRUNK2_PASSWORD_FILE=str(password)
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    pjsip, modules = (etc / "pjsip.conf").read_text(), (etc / "modules.conf").read_text()
    endpoint = section(pjsip, "carrier2", "endpoint")
    for line in (
        "transport = tls",
        "allow = g722,ulaw",
        "media_encryption = sdes",
        "from_domain = second.example",
    ):
        assert f"{line}\n" in endpoint
    assert "contact = sip:sip.second.example:5061\\;transport=tls\n" in section(pjsip, "carrier2", "aor")
    assert "password = of the second\n" in section(pjsip, "carrier2", "auth")
    assert "password = of the first\n" in section(pjsip, "carrier", "auth")
    assert "client_uri = sip:us@second.example\\;transport=tls\n" in section(
        pjsip, "carrier2", "registration"
    )
    assert "match = sip.second.example\n" in section(pjsip, "nobody-carrier2", "identify")
    assert "verify_server = yes\n" in section(pjsip, "tls", "transport")
    assert "media_encryption" not in section(pjsip, "carrier", "endpoint")
    for module in (
        "res_srtp",
        "codec_g722",
        "codec_resample",
        "res_pjsip_outbound_registration",
        "res_pjsip_header_funcs",
    ):
        assert f"load = {module}.so\n" in modules
    assert (etc / "trunks.conf").read_text().splitlines()[1] == (
        "AEIMS_TRUNK_2 = name=carrier2 numbers=digits calls=30 calls_per_second=5 identity=second.example"
    )
    assert not [file.name for file in etc.iterdir() if re.search(r"@[A-Z0-9_]+\??@", file.read_text())]


def test_several_codecs_are_warned_of(tmp_path: Path) -> None:
    done, _ = _start(tmp_path, **NEEDED, TRUNK2_HOST="b.example")
    assert "several codecs" not in done.stderr
    done, _ = _start(tmp_path / "second", **NEEDED, TRUNK2_HOST="b.example", TRUNK2_CODECS="ulaw,alaw")
    assert done.returncode == 0
    assert "several codecs ( ulaw alaw )" in done.stderr


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"TRUNK3_HOST": "c.example", "TRUNK2_HOST": ""}, "TRUNK3 follows none"),
        ({"TRUNK2_TRANSPORT": "udp"}, "TRUNK2_SRTP needs TRUNK2_TRANSPORT=tls"),
        ({"TRUNK2_TRANSPORT": "sctp"}, "TRUNK2_TRANSPORT: one of udp tcp tls"),
        ({"TRUNK2_USERNAME": ""}, "TRUNK2_REGISTER needs TRUNK2_USERNAME"),
        ({"TRUNK2_CODECS": "ulaw,g729"}, "TRUNK2_CODECS: ulaw, alaw, g722, opus"),
        ({"TRUNK2_MAX_CALLS": "many"}, "TRUNK2_MAX_CALLS: a whole number"),
        ({"TRUNK2_REGISTER": "perhaps"}, "TRUNK2_REGISTER: one of no yes"),
        ({"ASTERISK_TLS_CERTIFICATE": ""}, "needs SIP_TLS_CERTIFICATE"),
        ({"SIP_TLS_CA": "/nowhere"}, "/nowhere can't be read"),
    ],
)  # fmt: skip
def test_a_trunk_that_could_not_work_is_refused_at_the_start(
    tmp_path: Path, changes: dict[str, str], named: str
) -> None:
    done, _ = _start(tmp_path, **NEEDED | SECOND | {"TRUNK2_PASSWORD": "x"} | changes)
    assert done.returncode == 64
    assert named in done.stderr
