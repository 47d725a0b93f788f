"""The library that keeps a step of the host's clock from Asterisk, made once into the data directory."""

import os
import subprocess
from pathlib import Path

from tools.asterisk_root import data_dir

SOURCE = Path(__file__).resolve().parents[2] / "deploy/asterisk/steady_clock.c"
FLAGS = ("-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror")


def ensure() -> Path:
    """`steady_clock.so`, as new as its source. Raises RuntimeError if it cannot be made."""
    library = data_dir() / "steady_clock.so"
    if library.exists() and library.stat().st_mtime > SOURCE.stat().st_mtime:
        return library
    library.parent.mkdir(parents=True, exist_ok=True)
    draft = library.with_suffix(f".{os.getpid()}")
    made = subprocess.run(
        ["gcc", *FLAGS, "-o", str(draft), str(SOURCE)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise RuntimeError(f"no steady clock: {made.stderr.strip()}")
    draft.rename(library)
    return library
