"""Demo data: two brands, a dozen operators, a few customers with a past. Made through the services, like real life."""
