"""`make check`: what a change must pass before it is shown. Runs all, then says what failed.

Its tests are those that need nothing but Python and take no seconds. They run beside the other steps, on both cores.
"""

import os
import shutil
import subprocess
import sys
import tempfile
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
}
TESTS = [f"{BIN}/pytest", "-q", "-n", "2", "--durations=10", "-m", FAST]


def main() -> int:
    os.chdir(ROOT)
    # Without a pool, which would wait half a minute for the database that comparing migrations can do without.
    environment = os.environ | {"AEIMS_ENV": "test", "DATABASE_POOL_SIZE": "0"}
    environment.pop(
        "PYTHONDONTWRITEBYTECODE", None
    )  # each worker of the tests would compile all of them every time
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        tests = subprocess.Popen(TESTS, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            failed = [name for name, command in STEPS.items() if not _passes(name, command, environment)]
            if tests.wait():
                failed.append("tests")
        finally:
            tests.terminate()  # interrupted; else they have ended already
        print("== tests", flush=True)
        output.seek(0)
        shutil.copyfileobj(output, sys.stdout)
    print(f"   {time.monotonic() - started:.1f} s together")
    print(f"Failed: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0


def _passes(name: str, command: list[str], environment: dict[str, str]) -> bool:
    print(f"== {name}", flush=True)
    started = time.monotonic()
    process = subprocess.run(command, env=environment, check=False)
    print(f"   {time.monotonic() - started:.1f} s", flush=True)
    return process.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
