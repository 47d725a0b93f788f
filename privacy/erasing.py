"""What erasing a person does to the rows of a table (`privacy.ownership`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Keep:
    """Erasing changes nothing: `why`, as the account page says it or as a developer must know it."""

    why: str


@dataclass(frozen=True, slots=True)
class Delete:
    """Erasing deletes the rows."""


@dataclass(frozen=True, slots=True)
class Empty:
    """Erasing sets columns; the rows stay, because others refer to them."""

    columns: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Forget:
    """Erasing leaves a keyed hash: the rows' query set does it by `forget`."""
