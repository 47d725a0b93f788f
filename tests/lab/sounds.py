"""The prompts, made once into the data directory by the deployed script."""

import subprocess
import sys
from pathlib import Path

from tools.asterisk_root import data_dir

SCRIPT = Path(__file__).resolve().parents[2] / "deploy/asterisk/make_prompts.py"


def ensure() -> Path:
    """A directory with `aeims/<name>.wav`. Raises RuntimeError if they cannot be made."""
    output = data_dir() / "prompts"
    output.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(
        [sys.executable, str(SCRIPT), str(output)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise RuntimeError(f"no prompts: {made.stderr.strip()}")
    return output


def made_names() -> set[str]:
    """The names of all sounds that were made."""
    aeims = ensure() / "aeims"
    return {str(file.relative_to(aeims).with_suffix("")) for file in aeims.rglob("*.wav")}
