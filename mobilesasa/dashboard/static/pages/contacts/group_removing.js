/** Deleting a group: its contacts stay, and a small one can be brought back with all who were in it. */
import { del, get, post } from '../../parts/api.js';
import { confirm } from '../../parts/dialogs.js';
import { t } from '../../parts/texts.js';
import { failed, toast } from '../../parts/toasts.js';

const UNDONE_AT_MOST = 1000; // who is in it is read before, by pages, and put in again by one call

async function phonesOf(group) {
  const phones = [];
  let cursor;
  do {
    const page = await get(`/groups/${group.uuid}/contacts`, { page_size: 100, cursor });
    phones.push(...page.items.map((each) => each.phone));
    cursor = page.next_cursor;
  } while (cursor && phones.length <= UNDONE_AT_MOST);
  return phones;
}

async function makeAgain(group, phones) {
  const made = await post('/groups', { name: group.name, description: group.description });
  if (phones.length) await post(`/groups/${made.uuid}/contacts`, { phones });
  return made;
}

/**
 * @param {{uuid: string, name: string, description: string|null, contact_count: number}} group
 * @param {() => void} after when it is gone
 * @param {(made: object) => void} [back] when it is there again, with a uuid of its own
 */
export async function deleteGroup(group, after, back = after) {
  const n = group.contact_count;
  const undoable = n <= UNDONE_AT_MOST;
  const sure = await confirm({
    title: t('contacts.group_delete_title', { name: group.name }),
    text: [t('contacts.group_delete_text', { n }), undoable ? '' : t('contacts.group_for_good')].join(' ').trim(),
    act: t('contacts.group_delete'),
    danger: true,
  });
  if (!sure) return;
  try {
    const phones = undoable ? await phonesOf(group) : [];
    await del(`/groups/${group.uuid}`);
    after();
    toast(t('contacts.group_deleted', { name: group.name }), { kind: 'good', undo: undoable ? async () => back(await makeAgain(group, phones)) : undefined });
  } catch (error) {
    failed(error);
  }
}
