"""One process of mobilesasa: what it is built of, how it starts, and how it stops. Only `tap` builds it."""
