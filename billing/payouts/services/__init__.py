"""What can be done about payouts: one verb, one transaction each."""
