"""Measures the product beside yardsticks; `python -m tools.bench --help`. One file a measurement, one table."""
