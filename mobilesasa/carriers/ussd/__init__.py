"""USSD gateways over HTTP: a table of dialects between their wires and the one inner event and reply.

| module | holds |
|---|---|
| `said` | the fields of a call, whatever they are written in: address, form, JSON or XML |
| `markup` | XML, read within bounds and written |
| `kinds` | what each dialect tells by a call: a start, what was typed, an end |
| `replies` | a screen as each dialect wants it |
| `dialect` | the one way from a call to an event |
| `dialects` | the table |
| `door` | all of it together: a call in, its answer out |

Everything but the door is pure. Whatever a gateway sends is read or is not: nothing raises for it.
"""
