"""Half an hour of everything at once at half the budget, and whether anything grows that must not: `python -m bench.soak`."""
