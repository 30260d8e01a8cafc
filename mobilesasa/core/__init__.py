"""The rules: accept, price, route, settle. Pure: no sockets, no SQL, no clock of its own."""
