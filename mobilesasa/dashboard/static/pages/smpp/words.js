/** The numbers of a PDU in words: types of number, alphabets, wishes for receipts, states, statuses. */
import { t, textOr } from '../../parts/texts.js';

const HEADER = 0x40;
const TYPE = 0x3c;
const RECEIPT = 0x04;
const STEP = 0x20;
const WISH = 0x03;
const WISH_STEPS = 0x10;

const known = (area, value) => textOr(`smpp.${area}.${value}`, '');

function esmClass(value) {
  const type = value & TYPE;
  return [value & HEADER && t('smpp.esm.header'), type === RECEIPT && t('smpp.esm.receipt'), type === STEP && t('smpp.esm.step')].filter(Boolean).join(', ');
}

function wish(value) {
  return [known('wish', value & WISH), value & WISH_STEPS && t('smpp.wish_steps')].filter(Boolean).join(', ');
}

const MEANINGS = [
  [/_ton$/, (value) => known('ton', value)],
  [/_npi$/, (value) => known('npi', value)],
  [/^data_coding$/, (value) => known('coding', value)],
  [/^esm_class$/, esmClass],
  [/^registered_delivery$/, wish],
  [/^message_state$/, (value) => known('state', value)],
];

/**
 * What a field's number means; '' where that is all there is to say.
 * @param {string} name @param {number|string} value
 */
export function meaningOf(name, value) {
  return typeof value === 'number' ? MEANINGS.find(([pattern]) => pattern.test(name))?.[1](value) ?? '' : '';
}

/** What a command_status means here; '' where it is not known. @param {string} status as ESME_RINVDSTADR */
export const statusWords = (status) => known('status', status);

/** A PDU in a few words, for the list: who to whom, what id, which wish. */
export function summaryOf({ fields, tlvs }) {
  const said = [];
  if (fields.source_addr || fields.destination_addr) {
    said.push(`${fields.source_addr || '–'} → ${fields.destination_addr || '–'}`);
  }
  if (fields.dest_addresses) {
    said.push(`→ ${fields.dest_addresses}`);
  }
  if (fields.system_id) {
    said.push(`system_id ${fields.system_id}`);
  }
  const id = fields.message_id || tlvs.receipted_message_id;
  if (id) {
    said.push(String(id));
  }
  if (fields.short_message) {
    said.push(String(fields.short_message));
  }
  if (tlvs.additional_status_info_text) {
    said.push(String(tlvs.additional_status_info_text));
  }
  return said.join(' · ');
}
