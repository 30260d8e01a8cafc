'use strict';
// An SMSC of the npm package `smpp` for the tests: it takes every bind and every message, answers with ids in
// hexadecimal, and sends each receipt with the same id in decimal, in the text alone.
//   argument: the options of smpp.createServer, as JSON; key and cert make it speak TLS
//   out:      {"event": "listening", "port": …}, {"event": "bind" | "submit", "pdu": {…}}
//   in:       nothing; the end of it ends the program
const smpp = require('smpp');

const tell = (event, more) => process.stdout.write(JSON.stringify({ event, ...more }) + '\n');
const receivers = new Set();
let last = 0xfffe;

// Vendors' tags are octets to us: the package knows no names for them.
smpp.addTLV('dlt_entity', { id: 0x1400, type: smpp.types.tlv.cstring });

const shown = (value) => {
  if (Buffer.isBuffer(value)) return { hex: value.toString('hex') };
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).filter(([, each]) => typeof each !== 'function').map(([name, each]) => [name, shown(each)]),
  );
};

const report = (pdu, id) => {
  const text = `id:${parseInt(id, 16)} sub:001 dlvrd:001 submit date:0 done date:0 stat:DELIVRD err:000 text:`;
  const [receiver] = receivers;
  receiver.deliver_sm({
    source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr,
    esm_class: 4,
    short_message: text,
  });
};

const take = (session) => (pdu) => {
  const id = (last += 1).toString(16).toUpperCase().padStart(8, '0');
  tell('submit', { pdu: shown(pdu), id });
  session.send(pdu.response({ message_id: id }));
  setTimeout(() => report(pdu, id), 50);
};

const server = smpp.createServer(JSON.parse(process.argv[2]), (session) => {
  for (const kind of ['bind_transceiver', 'bind_transmitter', 'bind_receiver']) {
    session.on(kind, (pdu) => {
      tell('bind', { kind, pdu: shown(pdu) });
      session.send(pdu.response({ system_id: 'npm' }));
      if (kind !== 'bind_transmitter') receivers.add(session);
    });
  }
  session.on('submit_sm', take(session));
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => {
    session.send(pdu.response());
    session.close();
  });
  session.on('close', () => receivers.delete(session));
  session.on('error', () => receivers.delete(session));
});

server.listen(0, '127.0.0.1', () => tell('listening', { port: server.address().port }));
process.stdin.resume().on('end', () => process.exit(0));
