"""An app of the tests: its one migration changes the table of operators."""
