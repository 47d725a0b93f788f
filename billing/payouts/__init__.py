"""From earned to paid: when earnings are payable, runs of payouts, files for the bank, and the year's totals."""
