/** The form of a contact, for a new one and for one that there is, with its own fields of any kind. */
import { html, useMemo, useState } from '../../parts/ui.js';
import { get, post, put } from '../../parts/api.js';
import { Drawer, confirm } from '../../parts/dialogs.js';
import { AreaField, Button, Form, IconButton, SelectField, TextField } from '../../parts/forms.js';
import { useAct, useLoad } from '../../parts/load.js';
import { Link } from '../../parts/router.js';
import { t } from '../../parts/texts.js';
import { Notice } from '../../parts/page.js';
import { rememberPerson } from './people.js';

const NAME = /^[a-z][a-z0-9_]{0,39}$/;
const MOST = 50;
let rows = 0; // names rows of the list of fields while they are edited

const kindOf = (value) => ({ number: 'number', boolean: 'boolean' })[typeof value] ?? 'text';
const rowOf = (name, value) => ({ id: ++rows, name, kind: kindOf(value), text: String(value ?? '') });

/** Return the value that a row of the form stands for; null where it is empty. */
function valueOf({ kind, text }) {
  if (kind === 'boolean') return text === 'true';
  if (text.trim() === '') return null;
  return kind === 'number' ? Number(text) : text;
}

/** Say what is wrong with the rows, by their ids. */
function faultsOf(list) {
  const faults = {};
  const seen = new Set();
  for (const row of list) {
    if (!row.name && !row.text) continue;
    if (!NAME.test(row.name)) faults[row.id] = t('contacts.field_name_wrong');
    else if (seen.has(row.name)) faults[row.id] = t('contacts.field_name_twice');
    else if (row.kind === 'number' && !Number.isFinite(Number(row.text))) faults[row.id] = t('contacts.field_no_number');
    seen.add(row.name);
  }
  return faults;
}

/** Return what is to be asked for so that attributes become what the rows say. */
function attributesOf(before, list) {
  const wanted = Object.fromEntries(list.filter((row) => row.name).map((row) => [row.name, valueOf(row)]));
  const gone = Object.keys(before).filter((name) => !(name in wanted)).map((name) => [name, null]);
  const changed = Object.entries(wanted).filter(([name, value]) => (value === null ? name in before : before[name] !== value));
  return Object.fromEntries([...gone, ...changed]);
}

function AttributeRow({ row, fault, onChange, onRemove }) {
  const set = (part) => (value) => onChange({ ...row, [part]: value });
  const kinds = ['text', 'number', 'boolean'].map((value) => ({ value, label: t(`contacts.kind_${value}`) }));
  const answers = [{ value: 'true', label: t('common.yes') }, { value: 'false', label: t('common.no') }];
  const setKind = (kind) => onChange({ ...row, kind, text: kind === 'boolean' ? String(row.text === 'true') : row.text });
  return html`<li class="pp-attribute-row">
    <${TextField} name=${`attribute-name-${row.id}`} label=${t('contacts.field_name')} value=${row.name} list="attribute-names"
      onInput=${set('name')} error=${fault} autocomplete="off" />
    <${SelectField} name=${`attribute-kind-${row.id}`} label=${t('contacts.field_kind')} value=${row.kind} options=${kinds} onInput=${setKind} />
    ${row.kind === 'boolean'
      ? html`<${SelectField} name=${`attribute-value-${row.id}`} label=${t('contacts.field_value')} value=${row.text} options=${answers} onInput=${set('text')} />`
      : html`<${TextField} name=${`attribute-value-${row.id}`} label=${t('contacts.field_value')} value=${row.text} onInput=${set('text')}
          inputmode=${row.kind === 'number' ? 'decimal' : undefined} autocomplete="off" />`}
    <${IconButton} icon="x" label=${t('contacts.field_remove', { name: row.name || t('contacts.field_unnamed') })} onClick=${onRemove} />
  </li>`;
}

/**
 * The fields of a contact that a team has named itself.
 *
 * @param {{list: object[], faults: object, onChange: (list: object[]) => void, error?: string}} props
 */
function AttributeRows({ list, faults, onChange, error }) {
  const names = useLoad((signal) => get('/contacts/attributes', {}, { signal }), []);
  return html`<fieldset class="pp-attribute-rows">
    <legend>${t('contacts.fields')}</legend>
    <p class="muted small">${t('contacts.fields_help')}</p>
    <datalist id="attribute-names">${(names.data?.items ?? []).map((name) => html`<option value=${name} key=${name} />`)}</datalist>
    ${error && html`<p class="danger small" role="alert">${error}</p>`}
    <ul class="pp-plain-list">
      ${list.map((row) => html`<${AttributeRow} key=${row.id} row=${row} fault=${faults[row.id]}
        onChange=${(changed) => onChange(list.map((each) => (each.id === row.id ? changed : each)))}
        onRemove=${() => onChange(list.filter((each) => each.id !== row.id))} />`)}
    </ul>
    <${Button} kind="quiet" icon="plus" disabled=${list.length >= MOST} onClick=${() => onChange([...list, rowOf('', '')])}>
      ${t('contacts.field_add')}
    <//>
  </fieldset>`;
}

const TEXTS = ['first_name', 'last_name', 'email', 'notes'];

function useDraft(contact, number) {
  const start = useMemo(() => ({
    phone: contact?.phone ?? number ?? '',
    ...Object.fromEntries(TEXTS.map((name) => [name, contact?.[name] ?? ''])),
    rows: Object.entries(contact?.attributes ?? {}).map(([name, value]) => rowOf(name, value)),
  }), [contact?.uuid]);
  const [draft, setDraft] = useState(start);
  const set = (part) => (value) => setDraft((before) => ({ ...before, [part]: value }));
  return [draft, set, JSON.stringify(draft) !== JSON.stringify(start)];
}

/** Return the body of the call: of a contact that there is only what changes. */
function bodyOf(draft, contact) {
  const attributes = attributesOf(contact?.attributes ?? {}, draft.rows);
  const texts = TEXTS.map((name) => [name, draft[name].trim() === '' ? null : draft[name]])
    .filter(([name, value]) => value !== (contact?.[name] ?? null));
  return {
    ...(contact && contact.phone === draft.phone ? {} : { phone: draft.phone }),
    ...Object.fromEntries(texts),
    ...(Object.keys(attributes).length ? { attributes } : {}),
  };
}

function SameError({ error }) {
  const uuid = error?.code === 'already_exists' && error.extra?.uuid;
  return uuid && html`<${Notice} kind="warn" title=${t('contacts.exists_title')}
    action=${html`<${Link} to=${`/contacts/${uuid}`}>${t('contacts.exists_open')}<//>`}>${t('contacts.exists_text')}<//>`;
}

/** What of an error belongs to the attributes as a whole. */
const aboutAttributes = (error) => error?.fields?.filter((each) => each.field.startsWith('attributes')).map((each) => each.message).join('; ');

/**
 * A drawer in which a contact is made or changed.
 *
 * @param {{open: boolean, contact?: object, number?: string, onClose: () => void, onSaved: (contact: object) => void}} props
 */
export function ContactDrawer({ open, contact, number, onClose, onSaved }) {
  return open && html`<${OpenDrawer} key=${contact?.uuid ?? 'new'} contact=${contact} number=${number} onClose=${onClose} onSaved=${onSaved} />`;
}

function OpenDrawer({ contact, number, onClose, onSaved }) {
  const [draft, set, dirty] = useDraft(contact, number);
  const [faults, setFaults] = useState({});
  const [save, act] = useAct(async () => {
    const wrong = faultsOf(draft.rows);
    setFaults(wrong);
    if (Object.keys(wrong).length) return;
    const body = bodyOf(draft, contact);
    const saved = contact ? await put(`/contacts/${contact.uuid}`, body) : await post('/contacts', body);
    if (contact && contact.phone !== saved.phone) rememberPerson(contact.phone, null);
    rememberPerson(saved.phone, saved);
    onSaved(saved);
  });
  const close = async () => {
    const leave = !dirty || await confirm({ title: t('contacts.discard_title'), text: t('contacts.discard_text'), act: t('contacts.discard'), danger: true });
    if (leave) onClose();
  };
  const title = contact ? t('contacts.edit_title') : t('contacts.new_title');
  const footer = html`<${Button} onClick=${close}>${t('common.cancel')}<//>
    <${Button} kind="primary" type="submit" form="contact-form" busy=${act.busy}>${contact ? t('common.save') : t('contacts.create')}<//>`;
  return html`<${Drawer} open title=${title} onClose=${close} footer=${footer}>
    <${Form} id="contact-form" onSubmit=${save} error=${act.error} busy=${act.busy}>
      <${SameError} error=${act.error} />
      <${TextField} name="phone" label=${t('common.phone')} value=${draft.phone} onInput=${set('phone')} required help=${t('contacts.phone_help')}
        type="tel" autocomplete="off" autofocus=${!contact} />
      <div class="pp-two">
        <${TextField} name="first_name" label=${t('contacts.first_name')} value=${draft.first_name} onInput=${set('first_name')} maxlength="100" autocomplete="off" />
        <${TextField} name="last_name" label=${t('contacts.last_name')} value=${draft.last_name} onInput=${set('last_name')} maxlength="100" autocomplete="off" />
      </div>
      <${TextField} name="email" label=${t('contacts.email')} value=${draft.email} onInput=${set('email')} maxlength="254" autocomplete="off" />
      <${AreaField} name="notes" label=${t('contacts.notes')} value=${draft.notes} onInput=${set('notes')} rows="3" maxlength="5000" />
      <${AttributeRows} list=${draft.rows} faults=${faults} onChange=${set('rows')} error=${aboutAttributes(act.error)} />
    <//>
  <//>`;
}
