"""An SMSC to test against: it takes every message, reports what it is told to, misbehaves if it is asked to, and has phones."""
