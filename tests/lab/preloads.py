"""The libraries that the entrypoint preloads into Asterisk, made once into the data directory."""

import os
import subprocess
import threading
from pathlib import Path

from tools.asterisk_root import data_dir

SOURCES = Path(__file__).resolve().parents[2] / "deploy/asterisk"
FLAGS = ("-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror")


def steady_clock() -> Path:
    """`steady_clock.so`, as new as its source. Raises RuntimeError if it cannot be made."""
    return _ensure("steady_clock")


def final_answers() -> Path:
    """`final_answers.so`, as new as its source. Raises RuntimeError if it cannot be made."""
    return _ensure("final_answers")


def _ensure(name: str) -> Path:
    source, library = SOURCES / f"{name}.c", data_dir() / f"{name}.so"
    if library.exists() and library.stat().st_mtime > source.stat().st_mtime:
        return library
    library.parent.mkdir(parents=True, exist_ok=True)
    draft = library.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    made = subprocess.run(
        ["gcc", *FLAGS, "-o", str(draft), str(source)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise RuntimeError(f"no {library.name}: {made.stderr.strip()}")
    draft.rename(library)
    return library
