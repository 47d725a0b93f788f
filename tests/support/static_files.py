"""Looks at the static files once a process, not once for each of the thousands of clients that the tests make.

Each `Client` builds the middleware anew, and WhiteNoise then reads date and size of every static file: that took longer
than most requests. The files do not change during a run.
"""

from typing import Any

from whitenoise.middleware import WhiteNoiseMiddleware

_scan = WhiteNoiseMiddleware.add_files_from_finders
_files: dict[str, dict[str, Any]] = {}


def _scan_once(self: WhiteNoiseMiddleware) -> None:
    if self.static_prefix not in _files:
        before = set(self.files)
        _scan(self)
        _files[self.static_prefix] = {url: file for url, file in self.files.items() if url not in before}
    self.files.update(_files[self.static_prefix])


WhiteNoiseMiddleware.add_files_from_finders = _scan_once  # type: ignore[method-assign]
