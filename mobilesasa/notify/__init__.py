"""Back to the teams: receipts to their binds, spooled while nobody is there."""
