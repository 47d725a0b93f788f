"""What operators do that takes several domains: each file is one verb."""
