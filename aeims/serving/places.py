"""Where the servers listen: Unix sockets in `AEIMS_RUN_DIR`, one TCP port for the adapter.

Read from the environment alone, so that gunicorn's configuration and the launcher need no Django.
"""

from collections.abc import Mapping
from pathlib import Path

MAX_PATH_BYTES = 107  # of a Unix socket's path; the kernel refuses longer ones
WEB, SOCKETS, PROXY = "web.sock", "sockets.sock", "proxy.sock"


class PlaceRefused(RuntimeError):
    """The environment names a place where nothing can be served, or would be served wrongly; the text says what to do."""


def socket_path(environment: Mapping[str, str], name: str) -> Path:
    """The path of `WEB`, `SOCKETS`, or `PROXY`. Raises PlaceRefused."""
    directory = environment.get("AEIMS_RUN_DIR", "")
    if not directory:
        raise PlaceRefused(
            "AEIMS_RUN_DIR must be set: a directory that the proxy and both servers can reach."
        )
    path = Path(directory) / name
    if not fits(path):
        raise PlaceRefused(
            f"AEIMS_RUN_DIR is too long: {path} has more than {MAX_PATH_BYTES} bytes. Choose a shorter directory."
        )
    return path


def fits(path: Path) -> bool:
    """Whether the kernel takes this path for a Unix socket."""
    return len(str(path).encode()) <= MAX_PATH_BYTES


def require_counted_proxy(environment: Mapping[str, str]) -> None:
    """Raises PlaceRefused behind a proxy that nobody counts: requests have no address there, and each login is refused."""
    if not environment.get("TRUSTED_PROXY_COUNT", "0").strip().lstrip("0"):
        raise PlaceRefused(
            "TRUSTED_PROXY_COUNT must be 1 or more: a Unix socket tells no address, so logins would be answered 403."
        )


def require_safe_port(environment: Mapping[str, str]) -> None:
    """Raises PlaceRefused where the adapter's port would be plain on a network, or has half a pair for TLS."""
    place = environment.get("WEB_EVENTS_LISTEN", "")
    certificate, key = environment.get("WEB_TLS_CERTIFICATE", ""), environment.get("WEB_TLS_KEY", "")
    if bool(certificate) != bool(key):
        raise PlaceRefused("WEB_TLS_CERTIFICATE and WEB_TLS_KEY must both be set, or neither.")
    is_here = place.rpartition(":")[0] in ("127.0.0.1", "localhost", "[::1]")
    is_production = environment.get("AEIMS_ENV") == "production"
    if is_production and place and not is_here and not certificate:
        raise PlaceRefused(
            "WEB_EVENTS_LISTEN is reached by a network: WEB_TLS_CERTIFICATE and WEB_TLS_KEY must be set."
        )
