"""What hostile peers cost a node, and those who behave beside them: `python -m bench.hostile`."""
