"""Two validators of NACHA files that aren't ours, in an environment of their own (`validators.lock`), made once."""

import subprocess
import sys
from pathlib import Path

from tools.asterisk_root import data_dir, locked

_LOCK_FILE = Path(__file__).with_name("validators.lock")
_ACHKIT = """
import json, sys, achkit
result = achkit.validate(open(sys.argv[1], newline="").read())
print(json.dumps([result["ok"], result["errors"]]))
"""


def environment() -> Path:
    """The folder of its programs. Raises CalledProcessError where it can't be installed."""
    root = data_dir() / "ach-validators"
    root.parent.mkdir(parents=True, exist_ok=True)
    stamp = root / "validators.lock"
    with locked(root.with_name("ach-validators.lock")):
        if not stamp.exists() or stamp.read_bytes() != _LOCK_FILE.read_bytes():
            uv = Path(sys.executable).with_name("uv")
            subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, root], check=True)
            install = [uv, "pip", "install", "-q", "--python", root / "bin" / "python", "--require-hashes"]
            subprocess.run([*install, "-r", _LOCK_FILE], check=True)
            stamp.write_bytes(_LOCK_FILE.read_bytes())
    return root / "bin"


def judged(path: Path) -> dict[str, str]:
    """What each says of a file; nothing if it is right."""
    programs = environment()
    commands = {
        "achlens": [programs / "achlens", "validate", "--min-severity", "warning", path],
        "achkit": [programs / "python", "-c", _ACHKIT, path],
    }
    found = {}
    for name, command in commands.items():
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or (name == "achkit" and not done.stdout.startswith("[true")):
            found[name] = done.stdout + done.stderr
    return found
