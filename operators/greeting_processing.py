"""A recording as it came in becomes the three files of a greeting: leveled, and nothing else of it kept.

`prepare` runs this module in a process of its own (`python -m`): the decoders are native code and what they read comes from
strangers, so they have no database, no settings, no network, and limits on time and memory. Bytes in, bytes out; called by
`operators.services.greetings` in the worker alone. What came in is never served: the files are encoded anew.
"""

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import wave
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from core.errors import Invalid
from operators.greeting_formats import MAX_SECONDS, container_of

RECIPE = "1"  # raise it when the same recording is to sound otherwise
MIN_SECONDS = 1.0
_GRACE_SECONDS = 0.5  # a browser stops recording a moment late
_RATE, _PHONE_RATE = 48_000, 8_000
_QUIET = 328  # of 32767, -40 dB: a microphone that heard nothing is below
_CODECS = "aac,alac,flac,mp3,mp3float,libopus,opus,vorbis,pcm_s16le,pcm_s24le,pcm_f32le,pcm_s16be,pcm_u8"
# Rumble away, then the loudness of speech on the web (EBU R 128), whatever the microphone was.
_FILTERS = (("highpass", "f=80"), ("loudnorm", "I=-16:TP=-1.5:LRA=11"), ("aresample", str(_RATE)))
_SECONDS, _MEMORY = 30, 1024**3  # for one recording
_MAX_ANSWER = 8 * 1024**2


@dataclass(frozen=True, slots=True)
class PreparedGreeting:
    """`opus` in Ogg and `aac` in MP4 for browsers; `phone`: WAV, 8 kHz, mono, 16 bit, as `telephony.speech` makes them."""

    digest: str
    duration_ms: int
    opus: bytes
    aac: bytes
    phone: bytes


def prepare(data: bytes) -> PreparedGreeting:
    """The files of a recording, whatever its name says. Raises Invalid in words for who sent it."""
    container_of(data)
    try:
        process = subprocess.run(
            [sys.executable, "-m", "operators.greeting_processing"],
            input=data,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
            cwd=Path(__file__).parent.parent,
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
        )
    except subprocess.TimeoutExpired:
        raise _unreadable() from None
    if process.returncode or len(process.stdout) > _MAX_ANSWER:
        raise _unreadable()
    answer = json.loads(process.stdout)
    if "error" in answer:
        raise Invalid(answer["error"], code=answer["code"])
    opus, aac, phone = (base64.b64decode(answer[name]) for name in ("opus", "aac", "phone"))
    digest = hashlib.sha256(RECIPE.encode() + phone + opus).hexdigest()[:32]
    return PreparedGreeting(digest, answer["duration_ms"], opus, aac, phone)


def encode(data: bytes) -> dict[str, Any]:
    """What the process answers: `duration_ms` and the files in base64. Raises Invalid."""
    import av  # here and below: the web server needs none of its libraries

    try:
        samples = _samples(_decode(data))
        _check_sound(samples)
        leveled = _level(samples)
        files = {
            "opus": _encode(leveled, "ogg", "libopus", 48_000),
            "aac": _encode(leveled, "mp4", "aac", 64_000),
            "phone": _wave(_resampled(leveled, _PHONE_RATE)),
        }
    except (av.FFmpegError, ValueError, EOFError):
        raise _unreadable() from None
    encoded = {name: base64.b64encode(content).decode("ascii") for name, content in files.items()}
    return {"duration_ms": len(samples) * 1000 // _RATE, **encoded}


def _decode(data: bytes) -> Iterator[Any]:
    """The frames of the first sound in it. The container is named, so no other demuxer is tried."""
    import av

    options = {"codec_whitelist": _CODECS, "protocol_whitelist": ""}
    with av.open(io.BytesIO(data), "r", format=container_of(data), container_options=options) as container:
        if not container.streams.audio:
            raise Invalid("There’s no sound in this file.", code="greeting_unreadable")
        yield from container.decode(container.streams.audio[0])


def _samples(frames: Iterator[Any]) -> "array[int]":
    """Mono, 16 bit, 48 kHz; ends with the first sample too many. Raises Invalid."""
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=_RATE)
    samples: array[int] = array("h")
    for frame in frames:
        samples.extend(_pcm(resampler.resample(frame)))
        if len(samples) > (MAX_SECONDS + _GRACE_SECONDS) * _RATE:
            raise Invalid(f"A greeting can be at most {MAX_SECONDS} seconds long.", code="greeting_too_long")
    samples.extend(_pcm(resampler.resample(None)))
    return samples


def _pcm(frames: list[Any]) -> "array[int]":
    """The samples of packed frames; a plane may be padded behind them."""
    samples: array[int] = array("h")
    for frame in frames:
        samples.frombytes(bytes(frame.planes[0])[: frame.samples * 2])
    return samples


def _check_sound(samples: "array[int]") -> None:
    if len(samples) < MIN_SECONDS * _RATE:
        raise Invalid("The recording is too short. Please say a sentence or two.", code="greeting_too_short")
    if all(-_QUIET < extreme < _QUIET for extreme in (min(samples), max(samples))):
        raise Invalid(
            "We can’t hear anything in this recording. Please check your microphone.", code="greeting_silent"
        )


def _level(samples: "array[int]") -> list[Any]:
    """Frames of the same length at the loudness of all greetings."""
    from av.filter import Graph

    graph = Graph()
    chain = [graph.add_abuffer(sample_rate=_RATE, format="s16", layout="mono", time_base=Fraction(1, _RATE))]
    chain += [graph.add(name, arguments) for name, arguments in _FILTERS]
    chain += [graph.add("aformat", f"sample_fmts=s16:channel_layouts=mono:sample_rates={_RATE}")]
    chain += [graph.add("abuffersink")]
    graph.link_nodes(*chain).configure()
    for frame in _frames(samples):
        graph.push(frame)
    graph.push(None)
    leveled: array[int] = array("h")
    while frame := _pulled(graph):
        leveled.extend(_pcm([frame]))
    return list(_frames(leveled[: len(samples)]))


def _pulled(graph: Any) -> Any:
    import av

    try:
        return graph.pull()
    except (av.BlockingIOError, av.EOFError):
        return None


def _frames(samples: "array[int]") -> Iterator[Any]:
    import av

    for start in range(0, len(samples), _RATE // 10):
        part = samples[start : start + _RATE // 10]
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(part), align=True)
        frame.planes[0].update(part.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate, frame.pts = _RATE, start
        yield frame


def _encode(frames: list[Any], container: str, codec: str, bits_per_second: int) -> bytes:
    """A file without any tag of the recording or of the encoder."""
    import av

    out = io.BytesIO()
    with av.open(out, "w", format=container, options={"fflags": "+bitexact"}) as file:
        stream: Any = file.add_stream(codec, rate=_RATE, layout="mono")
        stream.bit_rate = bits_per_second
        for frame in (*frames, None):
            file.mux(stream.encode(frame))
    return out.getvalue()


def _resampled(frames: list[Any], rate: int) -> "array[int]":
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
    samples: array[int] = array("h")
    for frame in (*frames, None):
        samples.extend(_pcm(resampler.resample(frame)))
    return samples


def _wave(samples: "array[int]") -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_PHONE_RATE)
        file.writeframes(samples.tobytes())
    return out.getvalue()


def _unreadable() -> Invalid:
    return Invalid(
        "The file is damaged, or not a recording we can read. Please try another.",
        code="greeting_unreadable",
    )


def _limit_this_process() -> None:
    """Time and memory; no file grows, and no file beyond those of the interpreter is opened for writing."""
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Standard input to standard output, a pipe each."""
    _limit_this_process()
    try:
        answer = encode(sys.stdin.buffer.read())
    except Invalid as error:
        answer = {"error": error.message, "code": error.error_code}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
