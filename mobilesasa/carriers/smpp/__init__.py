"""The SMPP wire to a carrier.

| module | holds |
|---|---|
| `options` | what an operator sets |
| `parts` | a message as submit_sm PDUs |
| `jobs` | a message in hand, and the outcome that its parts add up to |
| `binds` | one bind: its window, its backlog, its pauses |
| `receipts` | deliver_sm and data_sm into reports |
| `carrier` | all of it together: the port `Carrier` |
"""
