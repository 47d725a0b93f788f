"""The environment that settings are read from. A secret may be in a file: `NAME_FILE` names it, and goes before `NAME`.

Files come from whatever keeps the secrets (Docker's or Kubernetes' secrets, systemd's credentials, a vault's agent): they
stand in no list of processes and no description of a container.
"""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping


class _Environment(FileAwareMapping):  # type: ignore[misc]
    """django-environ's, without the line's end that editors and `echo` put behind a secret."""

    def __getitem__(self, key: str) -> Any:
        file = self.env.get(f"{key}_FILE")
        if not file:
            return self.env[key]
        try:
            return Path(file).read_text(encoding="utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"{key}_FILE: {type(error).__name__}") from None


class Environment(environ.Env):  # type: ignore[misc]
    """Reads settings by their types. Raises ImproperlyConfigured, naming the setting, where a file cannot be read."""

    ENVIRON = _Environment()
