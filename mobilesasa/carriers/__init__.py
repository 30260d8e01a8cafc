"""Upstream wires: each kind turns what its peer says into `Sent`, `Later`, `Never` and `Report`, and lets nothing else out."""
