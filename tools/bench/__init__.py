"""Measures settlements beside two yardsticks; `python -m tools.bench`."""
