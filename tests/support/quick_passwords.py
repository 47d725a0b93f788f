"""Hashes passwords and codes with Argon2 still, with a hundredth of the work: nobody attacks those of the tests.

A hash of full strength costs a fifth of a second, and tests of logins make or compare hundreds. Processes that a test starts
hash as in production.
"""

from django.contrib.auth.hashers import Argon2PasswordHasher

Argon2PasswordHasher.time_cost = 1
Argon2PasswordHasher.memory_cost = 1024  # KiB
Argon2PasswordHasher.parallelism = 1
