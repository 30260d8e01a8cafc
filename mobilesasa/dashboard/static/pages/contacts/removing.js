/** Deleting contacts and taking people out of groups, with the way back where there is one. */
import { del, get, post } from '../../parts/api.js';
import { confirm } from '../../parts/dialogs.js';
import { canRead, can } from '../../parts/session.js';
import { t } from '../../parts/texts.js';
import { failed, toast } from '../../parts/toasts.js';
import { calledOf, eachOf, pieces, rememberPerson } from './people.js';

const UNDONE_AT_MOST = 50; // each comes back by a call of its own
const A_CALL = 1000; // contacts or phones that a call takes

/** Make a contact again as it was, in its groups; it gets a uuid of its own. */
async function makeAgain(contact) {
  const { phone, first_name, last_name, email, notes, attributes } = contact;
  const made = await post('/contacts', { phone, first_name, last_name, email, notes, attributes });
  for (const group of can('groups') ? contact.groups ?? [] : []) await post(`/groups/${group.uuid}/contacts`, { phones: [phone] });
  rememberPerson(phone, made);
  return made;
}

/**
 * Delete contacts after a question that says what goes; a few can be brought back.
 *
 * @param {object[]} contacts as they are shown in a list
 * @param {() => void} after when they are gone
 * @param {(made: object[]) => void} [back] when they are there again
 * @returns {Promise<boolean>} whether they were deleted
 */
export async function deleteContacts(contacts, after, back = after) {
  const n = contacts.length;
  const undoable = n <= UNDONE_AT_MOST;
  const sure = await confirm({
    title: n === 1 ? t('contacts.delete_title', { name: calledOf(contacts[0]) }) : t('contacts.delete_many_title', { n }),
    text: `${t('contacts.delete_text', { n })} ${undoable ? '' : t('contacts.delete_for_good')}`.trim(),
    act: t('contacts.delete_act', { n }),
    danger: true,
  });
  if (!sure) return false;
  try {
    const whole = undoable && canRead('groups') ? await eachOf(contacts, (each) => get(`/contacts/${each.uuid}`).catch(() => each)) : contacts;
    await remove(contacts);
    after();
    toast(t('contacts.deleted', { n }), { kind: 'good', undo: undoable ? async () => back(await eachOf(whole, makeAgain)) : undefined });
  } catch (error) {
    failed(error);
    after();
  }
  return true;
}

async function remove(contacts) {
  if (contacts.length === 1) await del(`/contacts/${contacts[0].uuid}`);
  else for (const some of pieces(contacts, A_CALL)) await post('/contacts/bulk-delete', { uuids: some.map((each) => each.uuid) });
  for (const { phone } of contacts) rememberPerson(phone, null);
}

/**
 * Take people out of a group, with the way back; the contacts stay.
 *
 * @param {{uuid: string, name: string}} group
 * @param {{phone: string}[]} people
 * @param {() => void} after when they have left, and when they are in it again
 */
export async function leaveGroup(group, people, after) {
  const n = people.length;
  const sure = await confirm({
    title: t('contacts.leave_title', { n, group: group.name }),
    text: t('contacts.leave_text', { n }),
    act: t('contacts.leave_act', { n }),
    danger: true,
  });
  if (!sure) return false;
  const phones = people.map((each) => each.phone);
  try {
    for (const some of pieces(phones, A_CALL)) await post(`/groups/${group.uuid}/contacts/remove`, { phones: some });
    toast(t('contacts.left', { n, group: group.name }), { kind: 'good', undo: async () => {
      for (const some of pieces(phones, A_CALL)) await post(`/groups/${group.uuid}/contacts`, { phones: some });
      after();
    } });
  } catch (error) {
    failed(error);
  }
  after();
  return true;
}

/**
 * Put people into a group, with the way back for those who were not in it before.
 *
 * @param {{uuid: string, name: string}} group
 * @param {string[]} phones
 * @param {() => void} [after]
 * @returns {Promise<{added: number, items: object[]}>} what came of each
 */
export async function joinGroup(group, phones, after = () => {}) {
  const said = [];
  for (const some of pieces(phones, A_CALL)) said.push(await post(`/groups/${group.uuid}/contacts`, { phones: some }));
  const items = said.flatMap((each) => each.items);
  const joined = items.filter((each) => each.outcome === 'added' || each.outcome === 'created').map((each) => each.contact.phone);
  const undo = joined.length ? async () => {
    for (const some of pieces(joined, A_CALL)) await post(`/groups/${group.uuid}/contacts/remove`, { phones: some });
    after();
  } : undefined;
  toast(t('contacts.joined', { n: joined.length, group: group.name }), { kind: joined.length ? 'good' : 'info', undo });
  after();
  return { added: joined.length, items };
}
