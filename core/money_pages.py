"""The mark of a view that moves money or minutes: its form is taken only shortly after a password or code was given.

The staff's site asks for it (`web.recent_login`); this module knows neither sessions nor sites.
"""

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


def moves_money(view: View) -> View:
    """Mark a view, under the decorators that ask (`staff_page`) or in an admin class."""
    view.moves_money = True  # type: ignore[attr-defined]
    return view


def is_money_view(view: Callable[..., Any]) -> bool:
    """Whether a view carries the mark."""
    return bool(getattr(view, "moves_money", False))
