"""`make test-long`: what takes too long for every change: the tests marked `long`, the whole chaos, the long simulation, Lighthouse."""

import os
import subprocess
import sys

from tools.environment import ROOT

STEPS = {
    "long tests": ["-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", "-m", "long"],
    "chaos": ["-m", "tools.chaos"],
    "simulation": ["-m", "tests.simulation", "--pure", "10000000", "--stored", "200000"],
    "lighthouse": ["-m", "tools.lighthouse", "--runs", "3"],
}


def main() -> int:
    os.chdir(ROOT)
    failed = []
    for name, arguments in STEPS.items():
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, *arguments], check=False).returncode:
            failed.append(name)
    print(f"Failed: {', '.join(failed)}" if failed else "Everything passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
