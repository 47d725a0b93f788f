#!/usr/bin/env python3
"""Make every prompt with a speech synthesizer: OUTPUT/aeims/<name>.wav, 8 kHz, mono, 16 bit.

    make_prompts.py OUTPUT [--operators FILE]       FILE: [{"id": 22, "name": "Luna"}, ...]

Copy OUTPUT/aeims into a sound directory of Asterisk (`sounds/en/`). Made again only when a text changed. A file that
was not made by this script (a studio recording put in its place) is left alone. Needs espeak-ng and sox; standard
library only. `telephony/prompts.py` names these sounds when a call is made.
"""

# ruff: noqa: T201  (a command: it prints)

import argparse
import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

RECIPE = "1"  # raise it when the same text shall sound otherwise
VOICE, WORDS_PER_MINUTE = "en-us+f3", "155"

BRANDS = {"flirts": "flirts dot N Y C", "nycflirts": "N Y C flirts dot com"}
_NOT_CHARGED = "You were not charged."

_PER_BRAND = {
    "you-are-calling": "This is {brand}. You are calling",
    "your-operator": "your operator.",
    "the-price-is": "The price is",
    "connect-fee": "There is also a connect fee of",
    "press-1-to-connect": "Press 1 to connect.",
    "call-from-brand": "You have a call from {brand}. The caller's price is",
    "operator-busy": f"We are sorry, your operator is busy right now. {_NOT_CHARGED}",
    "operator-declined": f"We are sorry, your operator is busy right now. {_NOT_CHARGED}",
    "operator-no-answer": f"We are sorry, your operator did not answer. {_NOT_CHARGED}",
    "operator-no-key": f"We are sorry, your operator did not take the call. {_NOT_CHARGED}",
    "operator-wrong-key": f"We are sorry, your operator did not take the call. {_NOT_CHARGED}",
    "operator-unreachable": f"We are sorry, your operator cannot be reached right now. {_NOT_CHARGED}",
    "failed": f"We are sorry, the call could not be connected. {_NOT_CHARGED}",
}
_COMMON = {
    "dollar": "dollar",
    "dollars": "dollars",
    "cent": "cent",
    "cents": "cents",
    "hundred": "hundred",
    "dollar-a-minute": "dollar a minute.",
    "dollars-a-minute": "dollars a minute.",
    "cent-a-minute": "cent a minute.",
    "cents-a-minute": "cents a minute.",
    "free-minutes-paid": "The caller has free minutes. You are paid for them.",
    "free-minutes-unpaid": "The caller has free minutes from you. They are not paid.",
    "press-1-to-accept": "Press 1 to accept.",
    "connecting": "Thank you. We are connecting you now.",
    "your-code-is": "Hello. Here is the code that you asked for.",
    "once-more": "Once more.",
    "goodbye": "Thank you. Goodbye.",
}
_WARNINGS = {"warning-60": "One minute left.", "warning-15": "Fifteen seconds left."}


class PromptError(RuntimeError):
    """The prompts cannot be made; the text says why."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is said; `tone`: after half a second of 1000 Hz; `joined`: part of a sentence, so with no pause around it."""

    text: str
    tone: bool = False
    joined: bool = False

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(repr((RECIPE, VOICE, WORDS_PER_MINUTE, self)).encode()).hexdigest()


def catalogue(operators: Mapping[int, str]) -> dict[str, Prompt]:
    """Every sound by its name. `operators`: id to the name that is spoken."""
    prompts = {f"numbers/{n}": Prompt(str(n), joined=True) for n in range(100)}
    prompts |= {f"common/{name}": Prompt(text, joined=text[-1] != ".") for name, text in _COMMON.items()}
    prompts |= {f"common/{name}": Prompt(text, tone=True) for name, text in _WARNINGS.items()}
    for slug, spoken in BRANDS.items():
        for name, text in _PER_BRAND.items():
            sentence = text.format(brand=spoken)
            prompts[f"{slug}/{name}"] = Prompt(sentence, joined=sentence[-1] != ".")
    prompts |= {f"operators/{id_}": Prompt(f"{name}.") for id_, name in operators.items()}
    return prompts


def make(output: Path, operators: Mapping[int, str]) -> int:
    """Bring OUTPUT/aeims up to date; returns how many files were made. Raises PromptError."""
    for program in ("espeak-ng", "sox"):
        if not shutil.which(program):
            raise PromptError(f"{program} is missing: apt-get install {program}")
    directory = output / "aeims"
    directory.mkdir(parents=True, exist_ok=True)
    with (output / ".lock").open("w") as lock, tempfile.TemporaryDirectory(prefix="aeims-prompts-") as work:
        fcntl.flock(lock, fcntl.LOCK_EX)
        manifest_file = directory / "manifest.json"
        manifest = json.loads(manifest_file.read_text()) if manifest_file.exists() else {}
        due = {
            name: prompt
            for name, prompt in catalogue(operators).items()
            if _is_due(directory / f"{name}.wav", prompt, manifest.get(name))
        }
        with ThreadPoolExecutor(2) as pool:
            recipes = pool.map(lambda name: _speak(name, due[name], directory, Path(work)), due)
            manifest |= dict(zip(due, recipes, strict=True))
        if due:
            manifest_file.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    return len(due)


def _is_due(file: Path, prompt: Prompt, manifest: Mapping[str, str] | None) -> bool:
    if not file.exists():
        return True
    is_ours = manifest is not None and manifest["file"] == hashlib.sha256(file.read_bytes()).hexdigest()
    return is_ours and manifest is not None and manifest["prompt"] != prompt.fingerprint


def _speak(name: str, prompt: Prompt, directory: Path, work: Path) -> dict[str, str]:
    """Make one file; returns its line of the manifest."""
    stem = work / name.replace("/", "_")
    raw, spoken = f"{stem}.raw.wav", f"{stem}.wav"
    _run("espeak-ng", "-v", VOICE, "-s", WORDS_PER_MINUTE, "-w", raw, "--stdin", text=prompt.text)
    trim = ["silence", "1", "0.01", "0.5%", "reverse"] * 2
    pause = "0.05" if prompt.joined else "0.35"
    _run(
        "sox",
        "-R",
        raw,
        "-r",
        "8000",
        "-c",
        "1",
        "-b",
        "16",
        spoken,
        *trim,
        "norm",
        "-4",
        "pad",
        "0.05",
        pause,
    )
    if prompt.tone:
        tone, bare = f"{stem}.tone.wav", spoken
        spoken = f"{stem}.both.wav"
        _run("sox", "-R", "-n", "-r", "8000", "-c", "1", "-b", "16", tone,
             "synth", "0.5", "sine", "1000", "gain", "-9", "fade", "t", "0.01", "0.5", "0.01", "pad", "0", "0.1")  # fmt: skip
        _run("sox", "-R", tone, bare, spoken)
    target = directory / f"{name}.wav"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(spoken, target)
    return {"prompt": prompt.fingerprint, "file": hashlib.sha256(target.read_bytes()).hexdigest()}


def _run(*command: str, text: str = "") -> None:
    process = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if process.returncode:
        raise PromptError(f"{command[0]} failed: {process.stderr.strip()[-500:]}")


def read_operators(file: Path) -> dict[int, str]:
    """The operators' spoken names by id. Raises PromptError if the file is not of the agreed shape."""
    try:
        return {int(operator["id"]): str(operator["name"]) for operator in json.loads(file.read_text())}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PromptError(
            f'{file}: a JSON list of {{"id": 22, "name": "Luna"}} is wanted ({error!r})'
        ) from error


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("output", type=Path, help="directory that gets aeims/<name>.wav")
    parser.add_argument("--operators", type=Path, help='JSON list of {"id", "name"}')
    options = parser.parse_args()
    try:
        operators = read_operators(options.operators) if options.operators else {}
        print(f"{make(options.output, operators)} prompts made in {options.output / 'aeims'}")
    except PromptError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
