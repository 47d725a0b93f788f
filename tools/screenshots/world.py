"""Django on the demo's database beside the demo, for states that no click leads to (`tools.screenshots.states`)."""

import os
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import django

from tools.environment import complete
from tools.screenshots.demo import Demo


class World:
    """Asks in a thread of its own: Playwright's loop runs in the caller's."""

    def __init__(self, demo: Demo) -> None:
        given = os.environ | {"PORT": str(demo.port), "AEIMS_DATA_DIR": str(demo.data), "DATABASE_URL": ""}
        environment = complete(given)
        os.environ.update(environment | {"DATABASE_URL": environment["DATABASE_OWNER_URL"]})
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aeims.settings")
        self._thread = ThreadPoolExecutor(1)
        self._thread.submit(django.setup).result()

    def ask(self, function: str, *args: Any) -> Any:
        """Run the function of `states` with this name; that module can be imported only once Django is set up."""

        def run() -> Any:
            from django.db import connections

            try:
                return getattr(import_module("tools.screenshots.states"), function)(*args)
            finally:
                connections.close_all()

        return self._thread.submit(run).result()
