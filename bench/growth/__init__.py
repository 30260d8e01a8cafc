"""How the cost of a message grows with what a node has to keep: `python -m bench.growth`."""
