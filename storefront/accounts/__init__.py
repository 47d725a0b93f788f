"""A customer's own account: signing up, the phone we ring, limits, sessions, leaving."""
