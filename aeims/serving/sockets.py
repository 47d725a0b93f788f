"""The process of the websockets: `python -m aeims.serving.sockets` runs daphne behind the proxy, until it is told to stop.

A socket file of a process that was killed would keep it from starting. Daphne's log of requests holds what was searched for,
numbers too, and passes no filter of ours.
"""

import os
from pathlib import Path

from aeims.serving.places import SOCKETS, require_counted_proxy, socket_path


def main() -> None:
    """Serve until a signal. Raises PlaceRefused."""
    from daphne.cli import CommandLineInterface

    from core.metrics import SOCKETS_SOCKET, served

    require_counted_proxy(os.environ)
    path = socket_path(os.environ, SOCKETS)
    path.unlink(missing_ok=True)
    path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
    os.umask(0o117)
    with served(SOCKETS_SOCKET):
        CommandLineInterface().run(arguments(path))


def arguments(path: Path) -> list[str]:
    """Of daphne's command line."""
    return ["--access-log", os.devnull, "-u", str(path), "aeims.asgi:application"]


if __name__ == "__main__":
    main()
