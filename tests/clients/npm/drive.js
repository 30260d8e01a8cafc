'use strict';
// Drives the npm package `smpp` for the tests: one JSON object a line comes in, one a line goes out.
//   argument: the options of smpp.connect, as JSON
//   in:       {"command": "submit_sm", "fields": {…}}; {"command": "reconnect"}; {"hex": "00ff"} stands for octets
//   out:      {"event": "connected" | "answer" | "deliver_sm" | "enquire_link" | "closed" | "error", …}
const readline = require('readline');
const smpp = require('smpp');

const tell = (event, more) => process.stdout.write(JSON.stringify({ event, ...more }) + '\n');

const octets = (value) => {
  if (Array.isArray(value)) return value.map(octets);
  if (value === null || typeof value !== 'object') return value;
  if ('hex' in value) return Buffer.from(value.hex, 'hex');
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, octets(each)]));
};

const shown = (value) => {
  if (Buffer.isBuffer(value)) return { hex: value.toString('hex') };
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(shown);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).filter(([, each]) => typeof each !== 'function').map(([name, each]) => [name, shown(each)]),
  );
};

const options = JSON.parse(process.argv[2]);
const secure = new URL(options.url).protocol === 'ssmpp:';
let session;

// A session of its own for each connection: session.connect() of 0.5 opens the line again, but reads nothing from it.
const connect = () => {
  const made = smpp.connect({ ...options });
  session = made;
  made.on(secure ? 'secureConnect' : 'connect', () => tell('connected'));
  made.on('close', () => tell('closed'));
  made.on('error', (error) => tell('error', { message: String(error) }));
  made.on('deliver_sm', (pdu) => {
    tell('deliver_sm', { pdu: shown(pdu) });
    made.send(pdu.response());
  });
  for (const asked of ['enquire_link', 'unbind']) {
    made.on(asked, (pdu) => {
      made.send(pdu.response());
      tell(asked);
    });
  }
};

connect();
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const { command, fields } = JSON.parse(line);
  if (command === 'reconnect') return connect();
  return session[command](octets(fields), (pdu) => tell('answer', { pdu: shown(pdu) }));
}).on('close', () => session.destroy());
