"""Where teams bind: the SMPP server."""
