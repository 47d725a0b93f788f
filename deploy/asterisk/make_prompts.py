#!/usr/bin/env python3
"""Make a node's neutral sounds with a speech synthesizer: OUTPUT/aeims/<name>.wav, 8 kHz, mono, 16 bit.

    make_prompts.py OUTPUT

Copy OUTPUT/aeims into a sound directory of Asterisk (`sounds/en/`). Made again only when a text changed. A file that
was not made by this script (a studio recording put in its place) is left alone. Needs flite or espeak-ng, sox, of this
product `telephony/sounds.py` and `telephony/speech.py`, and else the standard library only. Sounds that name a brand
or an operator are not among them: the adapter fetches those from web (`manage.py make_prompts`).
"""

# ruff: noqa: T201  (a command: it prints)

import argparse
import fcntl
import hashlib
import json
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from telephony.sounds import Sound, neutral_sounds
from telephony.speech import SpeechError, require_programs, speak


def make(output: Path) -> int:
    """Bring OUTPUT/aeims up to date; returns how many files were made. Raises SpeechError."""
    require_programs()
    directory = output / "aeims"
    directory.mkdir(parents=True, exist_ok=True)
    with (output / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        manifest_file = directory / "manifest.json"
        manifest = json.loads(manifest_file.read_text()) if manifest_file.exists() else {}
        due = {
            name: sound
            for name, sound in neutral_sounds().items()
            if _is_due(directory / f"{name}.wav", sound, manifest.get(name))
        }
        with ThreadPoolExecutor(2) as pool:
            entries = pool.map(lambda name: _write(directory / f"{name}.wav", due[name]), due)
            manifest |= dict(zip(due, entries, strict=True))
        if due:
            manifest_file.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    return len(due)


def _is_due(file: Path, sound: Sound, entry: Mapping[str, str] | None) -> bool:
    if not file.exists():
        return True
    is_ours = entry is not None and entry["file"] == hashlib.sha256(file.read_bytes()).hexdigest()
    return is_ours and entry is not None and entry["prompt"] != sound.content_id


def _write(file: Path, sound: Sound) -> dict[str, str]:
    """Make one file; returns its entry of the manifest."""
    data = speak(sound)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return {"prompt": sound.content_id, "file": hashlib.sha256(data).hexdigest()}


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("output", type=Path, help="directory that gets aeims/<name>.wav")
    options = parser.parse_args()
    try:
        print(f"{make(options.output)} sounds made in {options.output / 'aeims'}")
    except SpeechError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
