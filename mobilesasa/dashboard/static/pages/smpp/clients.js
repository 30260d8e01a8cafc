/** Clients that bind, send and show receipts, filled in for a team; as in docs/smpp.rst, whose code the tests run. */

const json = (value) => JSON.stringify(value);

function python({ host, port, code, sender, text }) {
  return `import smpplib.client
import smpplib.consts
import smpplib.gsm

receipts = []


def accepted(pdu):
    print("accepted", pdu.message_id.decode())


def received(pdu):
    if pdu.esm_class & 0x04:
        receipts.append(pdu)
        print("receipt", pdu.short_message.decode())


with smpplib.client.Client(${json(host)}, ${port}, timeout=20, allow_unknown_opt_params=True) as client:
    client.set_message_sent_handler(accepted)
    client.set_message_received_handler(received)
    client.connect()
    client.bind_transceiver(system_id=${json(code)}, password="your8chr")
    parts, coding, esm_class = smpplib.gsm.make_parts(${json(text)})
    for part in parts:
        client.send_message(
            source_addr_ton=smpplib.consts.SMPP_TON_ALNUM,
            source_addr=${json(sender)},
            dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
            dest_addr_npi=smpplib.consts.SMPP_NPI_ISDN,
            destination_addr="254712345678",
            data_coding=coding,
            esm_class=esm_class,
            short_message=part,
            registered_delivery=1,
        )
    while len(receipts) < len(parts):
        client.read_once()`;
}

function node({ host, port, code, sender, text }) {
  return `const smpp = require("smpp");

const session = smpp.connect({ url: ${json(`smpp://${host}:${port}`)}, auto_enquire_link_period: 25000 }, () => {
  session.bind_transceiver({ system_id: ${json(code)}, password: "mbs_your_token_here" }, (bound) => {
    if (bound.command_status !== 0) return console.error("refused", bound.command_status);
    session.submit_sm({
      source_addr_ton: 5, source_addr: ${json(sender)},
      dest_addr_ton: 1, dest_addr_npi: 1, destination_addr: "254712345678",
      registered_delivery: 1, message_payload: ${json(text)},
    }, (answer) => console.log("accepted", answer.message_id));
  });
});
session.on("deliver_sm", (pdu) => {
  console.log("receipt", pdu.short_message.message);
  session.send(pdu.response());
});
session.on("enquire_link", (pdu) => session.send(pdu.response()));
session.on("unbind", (pdu) => session.send(pdu.response(), () => session.close()));
session.on("error", (error) => console.error(error.message));`;
}

function kannel({ host, port, code }) {
  return `group = smsc
smsc = smpp
smsc-id = mobilesasa
host = ${host}
port = ${port}
transceiver-mode = true
smsc-username = ${code}
smsc-password = your8chr
system-type = ""
interface-version = 34
source-addr-autodetect = true
dest-addr-ton = 1
dest-addr-npi = 1
enquire-link-interval = 25
max-pending-submits = 50
throughput = 50
reconnect-delay = 10`;
}

/**
 * @param {{host: string, port: number, code: string, sender: string, text: string}} given
 * @returns {{id: string, label: string, lang: string, text: string}[]}
 */
export function clients(given) {
  return [
    { id: 'python', label: 'Python, smpplib', lang: 'python', text: python(given) },
    { id: 'node', label: 'Node.js, smpp', lang: 'javascript', text: node(given) },
    { id: 'kannel', label: 'Kannel', lang: 'ini', text: kannel(given) },
  ];
}
