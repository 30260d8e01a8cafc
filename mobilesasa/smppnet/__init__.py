"""SMPP on Twisted: a protocol, a client that keeps binds up, and TLS, around the pure `mobilesasa.smpp`."""
