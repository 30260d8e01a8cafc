"""Lanes between the store and the carriers: a hint which rows wait. The rows are the truth."""
