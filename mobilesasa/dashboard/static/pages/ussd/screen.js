/** The editor of one screen: its name and kind, and what a screen of that kind says and does. */
import { html, useEffect, useState } from '../../parts/ui.js';
import { SelectField, TextField } from '../../parts/forms.js';
import { Button, IconButton } from '../../parts/buttons.js';
import { Card, Notice, Row } from '../../parts/page.js';
import { Icon } from '../../parts/icons.js';
import { t } from '../../parts/texts.js';
import { KINDS, SHOWN, isName, waysTo } from './draft.js';
import { KIND_ICONS } from './treeview.js';
import { Lead, TextArea } from './fields.js';
import { Choices } from './choices.js';
import { Asked } from './asked.js';
import { Rules } from './rules.js';
import { Actions } from './actions.js';
import { Pages } from './pages.js';

/**
 * @param {object} props `desk`: the menu, the chosen screen's `name`, and what can be done with it (`menu.js` makes it)
 */
export function ScreenEditor({ desk }) {
  const { menu, name, screen } = desk;
  return html`
    <${Card} title=${html`<span class="ussd-screen-title"><span class=${`ussd-kind kind-${screen.kind}`}><${Icon} name=${KIND_ICONS[screen.kind]}/></span> ${name}</span>`}
      actions=${!desk.disabled && html`<${ScreenActions} desk=${desk}/>`}>
      <div class="ussd-screen" key=${name}>
        <${Whole} desk=${desk}/>
        <${Row} gap="3" wrap>
          <${NameField} desk=${desk}/>
          <${SelectField} name="kind" label=${t('ussd.kind')} value=${screen.kind} disabled=${desk.disabled} onInput=${desk.setKind} error=${desk.faultOf('kind')}
            options=${KINDS.map((kind) => ({ value: kind, label: t(`ussd.kind.${kind}`) }))}/>
        </${Row}>
        <p class="small muted ussd-about">${t(`ussd.about.${screen.kind}`)}</p>
        <${Body} desk=${desk}/>
        ${SHOWN.has(screen.kind) && html`<${Pages} menu=${menu} name=${name} facts=${desk.facts}/>`}
      </div>
    </${Card}>`;
}

/** Faults of the screen as a whole: circles, and screens that nothing leads to. */
function Whole({ desk }) {
  const faults = desk.faults.filter((fault) => fault.screen === desk.name && (fault.path === '' || fault.path === 'choices' || fault.path === 'actions'));
  return faults.map((fault) => html`<${Notice} kind="warn" key=${fault.code + fault.message}>${fault.message[0].toUpperCase() + fault.message.slice(1)}</${Notice}>`);
}

function ScreenActions({ desk }) {
  const isStart = desk.menu.start === desk.name;
  return html`
    ${!isStart && html`<${Button} kind="quiet" onClick=${desk.beginHere}>${t('ussd.begin_here')}</${Button}>`}
    <${IconButton} icon="copy" label=${t('ussd.duplicate_screen')} onClick=${desk.duplicate}/>
    <${IconButton} icon="trash" label=${t('ussd.delete_screen')} onClick=${desk.remove}/>`;
}

/** The name is taken over when the field is left or Enter is pressed, for every way to the screen changes with it. */
function NameField({ desk }) {
  const [typed, setTyped] = useState(desk.name);
  useEffect(() => setTyped(desk.name), [desk.name]);
  const isTaken = typed !== desk.name && Object.hasOwn(desk.menu.screens, typed);
  const error = isTaken ? t('ussd.name_taken') : isName(typed) ? undefined : t('ussd.name_bad');
  const done = () => (error || typed === desk.name ? setTyped(desk.name) : desk.rename(typed));
  const ways = waysTo(desk.menu, desk.name);
  return html`
    <div onFocusOut=${done} onKeyDown=${(event) => event.key === 'Enter' && (event.preventDefault(), done())}>
      <${TextField} name="screen-name" label=${t('ussd.screen_name')} value=${typed} onInput=${setTyped} error=${error} disabled=${desk.disabled}
        help=${desk.menu.start === desk.name && !ways ? t('ussd.is_start') : t('ussd.ways', { n: ways })}/>
    </div>`;
}

function Body({ desk }) {
  const { screen } = desk;
  return html`
    ${SHOWN.has(screen.kind) && html`
      <${TextArea} name="text" label=${t('ussd.text')} value=${screen.text ?? ''} onInput=${(text) => desk.put('text', text, true)} variables=${desk.offered} maxlength="2000"
        error=${desk.faultOf('text')} disabled=${desk.disabled}/>`}
    ${screen.kind === 'choices' && html`<${Choices} desk=${desk}/>`}
    ${screen.kind === 'input' && html`<${Asked} desk=${desk}/>`}
    ${screen.kind === 'condition' && html`<${Rules} desk=${desk}/>`}
    ${(screen.kind === 'action' || screen.kind === 'end') && html`<${Actions} desk=${desk}/>`}
    ${['input', 'message', 'action'].includes(screen.kind) && html`
      <div class="ussd-next">
        <span class="ussd-heading">${t(`ussd.next.${screen.kind}`)}</span>
        <${Lead} desk=${desk} path="next" value=${screen.next ?? ''} label=${t(`ussd.next.${screen.kind}`)} stem=""/>
      </div>`}`;
}
