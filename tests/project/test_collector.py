"""A process that serves spares the garbage collector what was loaded at its start; any other leaves Python's settings."""

import subprocess
import sys

import pytest

from tools.environment import ROOT

_GUNICORN = (
    "import os; os.environ |= {'AEIMS_RUN_DIR': '/run', 'TRUSTED_PROXY_COUNT': '1'}; import aeims.wsgi; "
)
_READY = "from aeims.serving import gunicorn_config as served; served.when_ready(None); "
_PRINT = "import gc, aeims.asgi; print(gc.get_freeze_count() > 100_000, gc.get_threshold()[0])"

_OF_PYTHON = subprocess.run(
    [sys.executable, "-c", "import gc; print(gc.get_threshold()[0])"],
    check=True,
    capture_output=True,
    text=True,
).stdout.strip()


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        (f"import daphne.server; {_PRINT}", "True 10000"),
        (f"{_GUNICORN}{_READY}{_PRINT}", "True 10000"),
        (_PRINT, f"False {_OF_PYTHON}"),
    ],
    ids=["served by daphne", "served by gunicorn", "imported"],
)
@pytest.mark.slow
def test_what_was_loaded_is_spared_where_it_is_served(code: str, printed: str) -> None:
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert answer.stdout.strip() == printed
