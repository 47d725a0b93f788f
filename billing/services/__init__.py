"""What billing can do, one verb a module. Each is one transaction and may join its caller's.

Locks are taken in one order everywhere: authorization, wallet, free-minute packages, payable. A wallet's lock is
held before any package of its customer is touched; an expiry run takes packages without waiting for any.
"""
