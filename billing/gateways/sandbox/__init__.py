"""A pretend card company for development and tests, on an origin of its own. Not in production.

Its tables are that company's records: they know nothing of ours, and `gateway` alone reads them for us, in place of an interface.
"""
