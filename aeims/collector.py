"""Python's garbage collector in a process that serves: what was loaded at the start stays and needs no looking at."""

import gc

_ALLOCATIONS = 10_000  # between two collections of the youngest objects; Python's own is for small programs


def spare_what_stays() -> None:
    """Call when everything is imported. It took 6 to 11 % of what a push costs (docs/performance.md)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, *gc.get_threshold()[1:])
