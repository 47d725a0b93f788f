"""Tools of the checkout: set up, run, test. Nothing of the product imports them."""
