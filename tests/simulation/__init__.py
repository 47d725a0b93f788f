"""The money path driven at random: customers, operators, packages, calls, texts, refunds, and everything that goes wrong.

    python -m tests.simulation --pure 10000000 --stored 200000     # or: make simulate

Two systems hear the same steps: `pure` is built of the product's pure parts in memory, `stored` is the product itself on
PostgreSQL. After each step they must agree; what they agree on is held against `tests.model.rules`, which imports
nothing of the product. A failure names its seed and step: the same seed tells the same story.
"""
