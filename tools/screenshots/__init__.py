"""Pictures of every page and state in both sizes, with what axe-core and a ruler find in each."""
