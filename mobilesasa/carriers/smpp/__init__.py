"""The SMPP wire to a carrier.

| module | holds |
|---|---|
| `options` | what an operator sets |
| `endpoint` | where it is, plain or over TLS |
| `content`, `addresses`, `vendor_rules` | octets, numbers and vendor TLVs as the carrier wants them |
| `parts` | a message as submit_sm PDUs |
| `verdicts` | what a command_status means |
| `jobs` | a message in hand, and the outcome that its parts add up to |
| `binds` | one bind: its window, its backlog, its pauses |
| `reports` | a receipt into a report |
| `inbound` | a message from a phone into a part |
| `ussd` | sessions of USSD, which are no messages |
| `receipts` | what comes over the binds, to where it belongs |
| `carrier` | all of it together: the port `Carrier` |
"""
