"""Turns words into sound files with Debian's flite and sox: WAV, 8 kHz, mono, 16 bit, as Asterisk plays it.

Flite's voice is understood better than espeak-ng's, which speaks where flite is missing, and what flite can't read: names
in letters other than Latin ones.

Standard library only: `deploy/asterisk/make_prompts.py` uses it where a node is set up, `telephony.services.make_sounds`
where web runs.
"""

import shutil
import subprocess
import tempfile
import unicodedata
from pathlib import Path

from telephony.sounds import Sound

SYNTHESIZERS = ("flite", "espeak-ng")  # the better first; one is enough
_FLITE = ("flite", "-voice", "slt", "--setf", "duration_stretch=1.1")
_ESPEAK = ("espeak-ng", "-v", "en-us+f3", "-s", "155")
_FORMAT = ("-r", "8000", "-c", "1", "-b", "16")
_SECONDS = 30  # for one program and one sound


class SpeechError(RuntimeError):
    """A sound cannot be made; the text says why."""


def missing_programs() -> list[str]:
    """What this machine lacks to speak: sox, and a synthesizer if it has none."""
    has_voice = any(shutil.which(program) for program in SYNTHESIZERS)
    needed = ["sox"] if has_voice else [SYNTHESIZERS[0], "sox"]
    return [program for program in needed if not shutil.which(program)]


def require_programs() -> None:
    """Raises SpeechError that names what is missing and how to get it."""
    if missing := missing_programs():
        names = " and ".join(missing)
        raise SpeechError(f"{names} missing here: apt-get install {' '.join(missing)}")


def speak(sound: Sound) -> bytes:
    """The WAV file, the same bytes for the same sound. Raises SpeechError."""
    with tempfile.TemporaryDirectory(prefix="aeims-speech-") as directory:
        if not sound.text:
            return _hold_tone(Path(directory, "tone.wav")).read_bytes()
        raw, spoken = Path(directory, "raw.wav"), Path(directory, "spoken.wav")
        _synthesize(sound.text, raw)
        trim = ["silence", "1", "0.01", "0.5%", "reverse"] * 2
        pause = "0.05" if sound.joined else "0.35"
        _run("sox", "-R", str(raw), *_FORMAT, str(spoken), *trim, "norm", "-4", "pad", "0.05", pause)
        return (_after_tone(spoken) if sound.tone else spoken).read_bytes()


def _synthesize(text: str, raw: Path) -> None:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    plain = plain.replace("\u2019", "'")
    if not shutil.which("espeak-ng") or (plain.isascii() and shutil.which("flite")):
        words = raw.with_suffix(".txt")
        words.write_text(plain, encoding="ascii", errors="ignore")
        _run(*_FLITE, "-f", str(words), "-o", str(raw))
    else:
        _run(*_ESPEAK, "-w", str(raw), "--stdin", text=text)


def _after_tone(spoken: Path) -> Path:
    tone, both = spoken.with_name("tone.wav"), spoken.with_name("both.wav")
    shape = [
        "synth",
        "0.5",
        "sine",
        "1000",
        "gain",
        "-9",
        "fade",
        "t",
        "0.01",
        "0.5",
        "0.01",
        "pad",
        "0",
        "0.1",
    ]
    _run("sox", "-R", "-n", *_FORMAT, str(tone), *shape)
    _run("sox", "-R", str(tone), str(spoken), str(both))
    return both


def _hold_tone(tone: Path) -> Path:
    """A short soft tone, then silence: played again and again."""
    shape = [
        "synth",
        "0.4",
        "sine",
        "440",
        "gain",
        "-12",
        "fade",
        "t",
        "0.05",
        "0.4",
        "0.05",
        "pad",
        "0",
        "2.6",
    ]
    _run("sox", "-R", "-n", *_FORMAT, str(tone), *shape)
    return tone


def _run(*command: str, text: str = "") -> None:
    try:
        process = subprocess.run(
            command, input=text, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SpeechError(f"{command[0]} failed: {error}") from error
    if process.returncode:
        raise SpeechError(f"{command[0]} failed: {process.stderr.strip()[-500:]}")
