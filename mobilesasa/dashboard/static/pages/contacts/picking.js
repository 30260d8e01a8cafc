/** Choosing a group: those there are, and a new one by its name. */
import { html, useState } from '../../parts/ui.js';
import { get, post } from '../../parts/api.js';
import { Dialog } from '../../parts/dialogs.js';
import { AreaField, Button, Form, TextField } from '../../parts/forms.js';
import { useAct, useLoad } from '../../parts/load.js';
import { can, canRead } from '../../parts/session.js';
import { Skeleton } from '../../parts/states.js';
import { number } from '../../parts/format.js';
import { t } from '../../parts/texts.js';

/** All groups for a list to choose from, the newest hundred; none to those who may not see groups. */
export function useGroups(search = '') {
  return useLoad(
    async (signal) => (canRead('groups') ? (await get('/groups', { page_size: 100, search }, { signal })).items : []),
    [search],
  );
}

/**
 * The form of a group, for a new one and for one that there is.
 *
 * @param {{group?: object, onClose: () => void, onSave: (body: object) => Promise<any>}} props
 */
export function GroupDialog({ group, onClose, onSave }) {
  const [name, setName] = useState(group?.name ?? '');
  const [description, setDescription] = useState(group?.description ?? '');
  const [save, act] = useAct(() => onSave({ name, description: description.trim() === '' ? null : description }));
  const footer = html`<${Button} onClick=${onClose}>${t('common.cancel')}<//>
    <${Button} kind="primary" type="submit" form="group-form" busy=${act.busy}>${group ? t('common.save') : t('contacts.group_create')}<//>`;
  return html`<${Dialog} open title=${group ? t('contacts.group_edit_title') : t('contacts.group_new_title')} onClose=${onClose} footer=${footer}>
    <${Form} id="group-form" onSubmit=${save} error=${act.error} busy=${act.busy}>
      <${TextField} name="name" label=${t('common.name')} value=${name} onInput=${setName} required maxlength="100" autocomplete="off" autofocus
        error=${act.error?.code === 'already_exists' ? t('contacts.group_exists') : undefined} />
      <${AreaField} name="description" label=${t('contacts.group_description')} value=${description} onInput=${setDescription} rows="3" maxlength="1000" />
    <//>
  <//>`;
}

/**
 * A dialog in which one group is chosen, or made by the name that is searched for.
 *
 * @param {{title: string, without?: string[], onClose: () => void, onPick: (group: object) => Promise<any>}} props
 */
export function GroupPicker({ title, without = [], onClose, onPick }) {
  const [search, setSearch] = useState('');
  const groups = useGroups(search.trim());
  const [pick, act] = useAct(onPick);
  const [make, making] = useAct(async () => pick(await post('/groups', { name: search.trim() })));
  const items = (groups.data ?? []).filter((each) => !without.includes(each.uuid));
  const isNew = search.trim() && !groups.loading && !(groups.data ?? []).some((each) => each.name.toLowerCase() === search.trim().toLowerCase());
  return html`<${Dialog} open title=${title} onClose=${onClose}>
    <${Form} onSubmit=${() => items.length === 1 && pick(items[0])} error=${act.error ?? making.error} busy=${act.busy}>
      <${TextField} name="search" label=${t('contacts.group_search')} value=${search} onInput=${setSearch} autocomplete="off" autofocus />
    <//>
    <ul class="pp-plain-list pp-pick-list">
      ${groups.data === undefined && groups.slow && html`<${Skeleton} kind="text" rows=${4} />`}
      ${items.map((group) => html`<li key=${group.uuid}>
        <button type="button" class="pp-pick" disabled=${act.busy} onClick=${() => pick(group)}>
          <span class="truncate">${group.name}</span><span class="muted small num nowrap">${t('contacts.members', { n: group.contact_count, count: number(group.contact_count) })}</span>
        </button>
      </li>`)}
      ${isNew && can('groups') && html`<li><${Button} kind="quiet" icon="plus" busy=${making.busy} onClick=${make}>
        ${t('contacts.group_make', { name: search.trim() })}
      <//></li>`}
      ${groups.data?.length === 0 && !search && html`<li class="muted">${t('contacts.group_none_yet')}</li>`}
    </ul>
  <//>`;
}
