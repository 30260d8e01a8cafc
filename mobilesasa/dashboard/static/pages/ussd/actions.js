/** What a screen does: send a message, begin a survey, add to a group, call an address and show what it answers. */
import { html, useState } from '../../parts/ui.js';
import { CheckField, SelectField, TextField } from '../../parts/forms.js';
import { IconButton, Menu } from '../../parts/buttons.js';
import { Code } from '../../parts/copy.js';
import { Icon } from '../../parts/icons.js';
import { t } from '../../parts/texts.js';
import { ACTIONS, emptyAction, variableName } from './draft.js';
import { TextArea } from './fields.js';

const MOST = 10;
const ICONS = { send_sms: 'send', start_survey: 'clipboard-list', add_to_group: 'user-plus', webhook: 'webhook' };
const EDITORS = { send_sms: Sms, start_survey: Survey, add_to_group: Group, webhook: Webhook };

export function Actions({ desk }) {
  const actions = desk.screen.actions ?? [];
  const setAll = (now) => desk.put('actions', now);
  const add = (kind) => setAll([...actions, emptyAction(kind)]);
  return html`
    <fieldset class="ussd-set">
      <legend class="ussd-heading">${t(desk.screen.kind === 'end' ? 'ussd.actions.end' : 'ussd.actions')}</legend>
      ${actions.map((action, at) => html`
        <${Action} key=${`${at} ${action.kind}`} desk=${desk} action=${action} at=${at} onDelete=${() => setAll(actions.filter((_, each) => each !== at))}/>`)}
      ${!desk.disabled && actions.length < MOST && html`
        <div><${Menu} label=${t('ussd.action.add')} text=${t('ussd.action.add')} icon="plus" align="start"
          items=${ACTIONS.map((kind) => ({ label: t(`ussd.action.${kind}`), icon: ICONS[kind], onClick: () => add(kind) }))}/></div>`}
    </fieldset>`;
}

function Action({ desk, action, at, onDelete }) {
  const Editor = EDITORS[action.kind];
  const field = (key) => ({
    name: `actions[${at}].${key}`,
    value: action[key] ?? '',
    onInput: (value) => desk.put(`actions[${at}].${key}`, value, true),
    error: desk.faultOf(`actions[${at}].${key}`),
    disabled: desk.disabled,
  });
  const title = t(`ussd.action.${action.kind}`);
  return html`
    <div class="ussd-action" role="group" aria-label=${t('ussd.action.nth', { n: at + 1, what: title })}>
      <div class="ussd-action-head">
        <${Icon} name=${ICONS[action.kind]}/> <b>${title}</b>
        ${!desk.disabled && html`<${IconButton} icon="x" label=${t('ussd.action.delete', { n: at + 1 })} onClick=${onDelete}/>`}
      </div>
      <${Editor} desk=${desk} action=${action} field=${field}/>
    </div>`;
}

function Sms({ desk, action, field }) {
  const senders = desk.things.senders;
  const isKnown = !action.sender_id || senders?.some((each) => each.name === action.sender_id || each.uuid === action.sender_id);
  const options = [
    { value: '', label: t('ussd.sms.default') },
    ...(isKnown ? [] : [{ value: action.sender_id, label: action.sender_id }]),
    ...(senders ?? []).map((each) => ({ value: each.name, label: each.name })),
  ];
  return html`
    <div class="ussd-fields">
      <${TextField} label=${t('ussd.sms.to')} help=${t('ussd.sms.to_help')} maxlength="200" ...${field('to')}/>
      ${senders ? html`<${SelectField} label=${t('ussd.sms.sender')} options=${options} ...${field('sender_id')}/>`
        : html`<${TextField} label=${t('ussd.sms.sender')} help=${t('ussd.sms.default')} ...${field('sender_id')}/>`}
    </div>
    <${TextArea} as="sms" maxlength="2000" label=${t('ussd.sms.text')} variables=${desk.offered} ...${field('text')}/>
    <p class="small muted">${t('ussd.sms.cost')}</p>`;
}

/** One of a list by its uuid; where the list cannot be read, the uuid itself. */
function Picked({ list, label, none, field }) {
  if (!list) return html`<${TextField} label=${label} help=${t('ussd.by_uuid')} ...${field}/>`;
  const isKnown = !field.value || list.some((each) => each.uuid === field.value);
  const options = [
    { value: '', label: none },
    ...(isKnown ? [] : [{ value: field.value, label: t('ussd.gone', { what: field.value }) }]),
    ...list.map((each) => ({ value: each.uuid, label: each.name })),
  ];
  return html`<${SelectField} label=${label} options=${options} ...${field}/>`;
}

function Survey({ desk, field }) {
  const list = desk.things.surveys;
  return html`<${Picked} list=${list} label=${t('ussd.survey')} none=${t(list?.length ? 'ussd.survey.choose' : 'ussd.survey.none')} field=${field('survey')}/>`;
}

function Group({ desk, field }) {
  const list = desk.things.groups;
  return html`<${Picked} list=${list} label=${t('ussd.group')} none=${t(list?.length ? 'ussd.group.choose' : 'ussd.group.none')} field=${field('group')}/>`;
}

function Webhook({ desk, action, field }) {
  const isAction = desk.screen.kind === 'action';
  const names = field('variables');
  return html`
    <${TextField} type="url" label=${t('ussd.webhook.url')} placeholder="https://" maxlength="2000" ...${field('url')}/>
    ${(isAction || action.show) && html`
      <${CheckField} label=${t('ussd.webhook.show')} help=${t('ussd.webhook.show_help')} ...${field('show')} value=${Boolean(action.show)}
        onInput=${(show) => desk.put(names.name.replace('.variables', ''), { ...action, show, variables: show ? action.variables : [] })}/>`}
    ${(action.show || names.value.length > 0) && html`
      <${Names} label=${t('ussd.webhook.variables')} help=${t('ussd.webhook.variables_help')} ...${names}/>`}
    <${Example} desk=${desk} action=${action}/>`;
}

const split = (text) => [...new Set(text.split(/[\s,]+/).map(variableName).filter(Boolean))].slice(0, 10);

/** Names with commas between; what is written stays as it is until the field is left. */
function Names({ value, onInput, ...rest }) {
  const [typed, setTyped] = useState(value.join(', '));
  const shown = split(typed).join() === value.join() ? typed : value.join(', ');
  const put = (text) => {
    setTyped(text);
    onInput(split(text));
  };
  return html`<${TextField} ...${rest} value=${shown} onInput=${put}/>`;
}

/** What the address is told and may answer, and the secret that calls are signed with. */
function Example({ desk, action }) {
  const told = { session: '01978a3e-…', menu: desk.uuid, screen: desk.name, msisdn: '254712345678', variables: { input: '1', ...sample(desk) } };
  const answer = { text: t('ussd.webhook.sample'), end: false, variables: Object.fromEntries((action.variables ?? []).map((name) => [name, '…'])) };
  return html`
    <details class="ussd-more">
      <summary>${t('ussd.webhook.example')}</summary>
      <p class="small muted">${t('ussd.webhook.told')}</p>
      <${Code} text=${JSON.stringify(told, null, 2)} lang="json"/>
      ${action.show && html`<p class="small muted">${t('ussd.webhook.answers')}</p><${Code} text=${JSON.stringify(answer, null, 2)} lang="json" copy/>`}
    </details>
    ${!desk.disabled && html`<p class="small muted">${t('ussd.webhook.signed')} <button type="button" class="ussd-link" onClick=${desk.makeSecret}>${t('ussd.secret.make')}</button></p>`}`;
}

function sample(desk) {
  const own = desk.variables.filter((each) => each.from === 'menu').slice(0, 3);
  return Object.fromEntries(own.map((each) => [each.name, '…']));
}
