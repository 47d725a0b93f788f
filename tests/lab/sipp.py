"""The carrier for load: SIPp (Debian: sip-tester) playing hundreds of phones, which nobody listens to.

    with SippCarrier(port=15270) as carrier:
        ...                                      # phones behave by their numbers, as in `numbers`
        carrier.statistics()["TotalCallCreated"]

Its phones send no audio but keys and voicemail: give the Asterisk a long `RTP_TIMEOUT`. Keys are replayed from a capture,
for which SIPp needs root.
"""

import shutil
import signal
import struct
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from tests.lab.audio import tone

SCENARIO = Path(__file__).parent / "sipp/carrier_uas.xml"
_GLOBAL_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


class SippCarrier:
    """Plays every phone that is called. Raises RuntimeError if SIPp is missing or does not start."""

    def __init__(
        self, *, port: int, host: str = "127.0.0.1", most_calls: int = 5000, rtp_start: int = 40000
    ) -> None:
        self.port, self.host, self.most_calls, self.rtp_start = port, host, most_calls, rtp_start

    def __enter__(self) -> Self:
        program = shutil.which("sipp")
        if not program:
            raise RuntimeError("sipp is missing: apt-get install sip-tester (see tools/debian-packages.txt)")
        self.work = Path(tempfile.mkdtemp(prefix="aeims-sipp-"))
        (self.work / "speech.ulaw").write_bytes(tone(500) * 10)
        for key in "19":
            (self.work / f"dtmf_{key}.pcap").write_bytes(key_capture(key))
        scenario = self.work / SCENARIO.name
        scenario.write_text(SCENARIO.read_text().replace("@WORK@", str(self.work)))
        command = [program, "-sf", str(scenario), "-i", self.host, "-mi", self.host, "-p", str(self.port)]
        command += [
            "-l",
            str(self.most_calls),
            "-mp",
            str(self.rtp_start),
            "-nostdin",
            "-recv_timeout",
            "3600000",
        ]
        command += ["-trace_err", "-error_file", str(self.work / "errors.log")]
        command += ["-trace_stat", "-fd", "1", "-stf", str(self.work / "statistics.csv")]
        with (self.work / "output.log").open("wb") as output:
            self._process = subprocess.Popen(
                command, cwd=self.work, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        time.sleep(0.5)
        if self._process.poll() is not None:
            raise RuntimeError(f"SIPp did not start: {(self.work / 'output.log').read_text()[-2000:]}")
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        shutil.rmtree(self.work, ignore_errors=True)

    def wait(self) -> None:
        """Until SIPp ends."""
        self._process.wait()

    def statistics(self) -> dict[str, str]:
        """SIPp's latest line of statistics, by its own column names; empty in the first second."""
        file = self.work / "statistics.csv"
        rows = file.read_text().splitlines() if file.exists() else []
        return dict(zip(rows[0].split(";"), rows[-1].split(";"), strict=False)) if len(rows) > 1 else {}

    def errors(self) -> str:
        """What SIPp complained of."""
        file = self.work / "errors.log"
        return file.read_text(errors="replace") if file.exists() else ""


def key_capture(key: str) -> bytes:
    """A key of 160 ms (RFC 4733, payload 101) as a capture file that SIPp can replay."""
    out, steps = [_GLOBAL_HEADER], 8
    for i in range(steps + 3):
        duration = 160 * min(i + 1, steps + 1)
        event = struct.pack("!BBH", "0123456789*#".index(key), (0x80 if i >= steps else 0) | 10, duration)
        rtp = struct.pack("!BBHII", 0x80, 101 | (0x80 if i == 0 else 0), 100 + i, 8000, 0x5EED) + event
        udp = struct.pack("!HHHH", 10000, 10000, 8 + len(rtp), 0) + rtp
        here = b"\x7f\0\0\1"
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, here, here) + udp
        frame = b"\0" * 12 + b"\x08\0" + ip
        out.append(struct.pack("<IIII", 0, i * 20_000, len(frame), len(frame)) + frame)
    return b"".join(out)
