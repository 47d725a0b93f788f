"""Recordings for tests, real files made on the spot: as browsers and phones make them, and as somebody who means harm would."""

import io
import math
import wave
from array import array
from functools import cache

RATE = 16_000
TITLE = "recorded at 5 Elm Street"  # stands in the tags of what a phone sends


def phone_tone(seconds: float, hertz: int, amplitude: int = 12_000) -> bytes:
    """A plain tone as sounds for calls are: WAV, 8 kHz, mono, 16 bit."""
    step = 2 * math.pi * hertz / 8000
    samples = array("h", (int(amplitude * math.sin(step * n)) for n in range(int(seconds * 8000))))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return out.getvalue()


@cache
def wav(seconds: float = 2.0, *, loudness: float = 0.3, hertz: int = 220) -> bytes:
    """A tone that swells and fades as speech does; `loudness` is its peak, of 1."""
    swell = [0.5 - 0.5 * math.cos(2 * math.pi * 3 * n / RATE) for n in range(RATE)]
    tone = [math.sin(2 * math.pi * hertz * n / RATE) for n in range(RATE)]
    second = array("h", (int(32767 * loudness * a * b) for a, b in zip(swell, tone, strict=True)))
    samples = (second * math.ceil(seconds))[: int(seconds * RATE)]
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return out.getvalue()


@cache
def encoded(container: str, codec: str, seconds: float = 2.0) -> bytes:
    """The same in another container, tagged with a title."""
    import av

    out = io.BytesIO()
    with (
        av.open(io.BytesIO(wav(seconds)), format="wav") as source,
        av.open(out, "w", format=container) as file,
    ):
        file.metadata["title"] = TITLE
        stream = file.add_stream(codec, rate=48_000, layout="mono")
        for frame in source.decode(audio=0):
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def samples_of(data: bytes) -> "array[int]":
    """What is in a WAV file of 16 bit."""
    with wave.open(io.BytesIO(data)) as file:
        return array("h", file.readframes(file.getnframes()))
