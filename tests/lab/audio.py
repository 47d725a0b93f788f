"""G.711 µ-law and tones, enough for a phone to speak and to say what it hears. Pure."""

import bisect
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

RATE = 8000  # samples a second
FRAME = 160  # samples in a packet of 20 ms
AUDIBLE = 400  # amplitude (of 32767) from which a tone counts as heard

# A phone's own tone goes by the last digit of its number; none is a harmonic of another or of a call progress tone.
PHONE_TONES = (523, 607, 683, 773, 859, 953, 1049, 1151, 1259, 1361)
RING_BACK = (440, 480)  # North American ring-back
HOLD = 440  # what somebody on hold hears, now and then
WARNING = 1000  # our warnings begin with it
PROBES = (*PHONE_TONES, *RING_BACK, WARNING)


def _expand(code: int) -> int:
    inverted = code ^ 0xFF
    size = (((2 * (inverted & 15) + 33) << ((inverted >> 4) & 7)) - 33) * 4
    return -size if inverted & 0x80 else size


LINEAR = tuple(_expand(code) for code in range(256))  # µ-law byte -> 16-bit sample
_BY_VALUE = sorted((value, code) for code, value in enumerate(LINEAR))
_VALUES = [value for value, _ in _BY_VALUE]


def compress(sample: int) -> int:
    """The µ-law byte nearest to a 16-bit sample."""
    at = min(bisect.bisect_left(_VALUES, sample), 255)
    if at and sample - _VALUES[at - 1] < _VALUES[at] - sample:
        at -= 1
    return _BY_VALUE[at][1]


def tone(frequency: int, amplitude: int = 8000) -> bytes:
    """One second of a sine, µ-law. Whole hertz, so it can be repeated without a click."""
    step = 2 * math.pi * frequency / RATE
    return bytes(compress(int(amplitude * math.sin(step * i))) for i in range(RATE))


def tone_of(number: str) -> int:
    """The frequency that the phone with this number sends, Hz."""
    digits = re.sub(r"\D", "", number) or "0"
    return PHONE_TONES[int(digits[-1])]


@dataclass(frozen=True, slots=True)
class Heard:
    """What arrived at a phone within a span: packets, level (RMS of 32767), tones in Hz, the loudest first."""

    packets: int
    level: int
    tones: tuple[int, ...]

    @property
    def frequency(self) -> int | None:
        """The loudest known tone, or None."""
        return self.tones[0] if self.tones else None


def analyse(packets: Iterable[bytes]) -> Heard:
    """Name the tones in µ-law packets."""
    count = 0
    samples: list[int] = []
    for packet in packets:
        count += 1
        samples.extend(LINEAR[byte] for byte in packet)
    if not samples:
        return Heard(0, 0, ())
    level = math.sqrt(sum(sample * sample for sample in samples) / len(samples))
    amplitudes = {frequency: _amplitude(samples[:4000], frequency) for frequency in PROBES}
    tones = sorted((f for f, size in amplitudes.items() if size > AUDIBLE), key=lambda f: -amplitudes[f])
    return Heard(count, round(level), tuple(tones[:4]))


def _amplitude(samples: list[int], frequency: int) -> float:
    """Goertzel's filter: the amplitude of one frequency."""
    weight = 2 * math.cos(2 * math.pi * frequency / RATE)
    last = before = 0.0
    for sample in samples:
        last, before = sample + weight * last - before, last
    return math.sqrt(max(last * last + before * before - weight * last * before, 0)) * 2 / len(samples)
