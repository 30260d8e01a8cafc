"""SMPP 3.4 as data and one state machine: no socket, no clock, no thread, nothing but octets and values.

A PDU class is its wire format (`pdus`); its codec is compiled from that table when the module is imported. A `Session`
(`session`) takes octets and gives events, takes PDUs and gives octets, and knows all states of both sides.

Both ends of a connection, without a network between them:

>>> from mobilesasa.smpp.pdus import BindTransceiver, SubmitSm, answer
>>> from mobilesasa.smpp.session import Session, Side
>>> client, server = Session(Side.ESME), Session(Side.SMSC)

The client asks to be bound; the server looks at the password and says yes.

>>> [bind] = server.receive_data(client.send(BindTransceiver(system_id="ACME", password="mbs_secret")))
>>> bind.system_id, server.state.name
('ACME', 'BINDING_TRX')
>>> [bound] = client.receive_data(server.send(answer(bind, system_id="server")))
>>> bound.system_id, client.is_bound, server.is_bound
('server', True, True)

A message goes one way, its number the other. The session gives a request its sequence number and knows its answer by it.

>>> octets = client.send(SubmitSm(source_addr="TextBlast", destination_addr="254712345678", short_message=b"Hello"))
>>> server.receive_data(octets[:30])  # the stream may be cut anywhere
[]
>>> [submit] = server.receive_data(octets[30:])
>>> submit.destination_addr, submit.short_message, server.unanswered
('254712345678', b'Hello', 1)
>>> [response] = client.receive_data(server.send(answer(submit, message_id="M1")))
>>> response.message_id, response.sequence == submit.sequence
('M1', True)

What needs no application is answered by the session: a `Reply` holds octets to write.

>>> from mobilesasa.smpp.pdus import EnquireLink, Unbind
>>> [reply] = server.receive_data(client.send(EnquireLink()))
>>> client.receive_data(reply.octets)
[EnquireLinkResp(status=0, sequence=3, tlvs={})]
>>> [reply, unbound] = server.receive_data(client.send(Unbind()))
>>> client.receive_data(reply.octets), client.is_closed, server.is_closed
([Unbound(by_peer=False)], True, True)

| module | holds |
|---|---|
| `fields`, `kinds` | the fields of PDUs with their sizes and values; how each kind lies on the wire |
| `pdus`, `codec` | the PDU classes; what compiles their codec |
| `tlvs` | the optional parameters |
| `statuses`, `errors` | command_status with texts; what can go wrong here |
| `session`, `transitions` | the state machine and its table |
| `window` | the requests that wait for an answer |
| `words` | a PDU in words, without texts and with numbers masked |
| `times`, `receipts` | the texts of times and of delivery receipts, exact writers and tolerant readers |
| `ussd` | sessions of USSD as each supplier speaks of them: events in, replies out |
"""
