"""`make check`: what a change must pass before it is shown. Runs all, then says what failed.

Its tests are those that need nothing but Python and take no seconds, on both cores.
"""

import os
import subprocess
import sys
import time

from tools.environment import ROOT

FAST = "not slow and not asterisk and not browser and not django_db"
BIN = ".venv/bin"
STEPS = {
    "format": [f"{BIN}/ruff", "format", "--check", "."],
    "lint": [f"{BIN}/ruff", "check", "."],
    "types": [f"{BIN}/mypy"],
    "imports": [f"{BIN}/lint-imports"],
    "templates": [f"{BIN}/djlint", "templates", "--lint", "--quiet"],
    "migrations": [f"{BIN}/python", "manage.py", "makemigrations", "--check", "--dry-run"],
    "tests": [f"{BIN}/pytest", "-q", "-n", "2", "--durations=10", "-m", FAST],
}


def main() -> int:
    os.chdir(ROOT)
    # Without a pool, which would wait half a minute for the database that comparing migrations can do without.
    environment = os.environ | {"AEIMS_ENV": "test", "DATABASE_POOL_SIZE": "0"}
    failed = []
    for name, command in STEPS.items():
        print(f"== {name}", flush=True)
        started = time.monotonic()
        process = subprocess.run(command, env=environment, check=False)
        print(f"   {time.monotonic() - started:.1f} s", flush=True)
        if process.returncode:
            failed.append(name)
    print(f"Failed: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
