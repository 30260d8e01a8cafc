"""Short messages as values: numbers, alphabets, segments, estimates.

A library of its own: no socket, no clock, no settings. It needs `attrs` and `phonenumbers`, nothing else of mobilesasa.

| module | answers |
|---|---|
| `numbers` | Is this a phone number, which one, and if not, what is wrong with it? |
| `networks` | Which network was the prefix of this number given to? |
| `alphabet` | Which octets stand for this text, in GSM 03.38 or UCS-2, and back? |
| `replacements` | Which characters does the GSM alphabet lack in this text, and what may stand instead? |
| `segments` | Into which parts does a text fall, under which headers, and what text do these parts make? |
| `estimate` | How many parts will this text take, how many characters are left, and what made it so? |

Import from the modules:

>>> from mobilesasa.sms.numbers import normalise, shown
>>> shown(normalise("0712 345 678", "KE"))
'+254712345678'
>>> from mobilesasa.sms.estimate import estimate
>>> estimate("Karibu “Sasa”").forced_by
('“', '”')
>>> from mobilesasa.sms.segments import split
>>> [len(payload) for payload in split("x" * 200).payloads(reference=7)]
[159, 53]

Every error is a `ValueError` whose text is a sentence for the person who wrote the number or the message; none of them
repeats the number or the text.
"""
