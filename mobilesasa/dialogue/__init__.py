"""USSD in time: what a gateway says goes through the store to its answer, and what a menu gives to do is done."""
