"""What messaging can do: each file is one verb."""
