/** The numbered choices of a screen: their keys, labels, where they lead and what they set. */
import { html, useState } from '../../parts/ui.js';
import { Button, IconButton, Menu } from '../../parts/buttons.js';
import { t } from '../../parts/texts.js';
import { emptyChoice, variableName } from './draft.js';
import { Bare, Lead } from './fields.js';

const MOST = 100;

export function Choices({ desk }) {
  const choices = desk.screen.choices ?? [];
  const setAll = (now) => desk.put('choices', now);
  const move = (at, by) => {
    const now = [...choices];
    [now[at], now[at + by]] = [now[at + by], now[at]];
    setAll(now);
  };
  const add = () => {
    setAll([...choices, emptyChoice(choices)]);
    desk.focusOn(`choices[${choices.length}].label`);
  };
  return html`
    <fieldset class="ussd-set">
      <legend class="ussd-heading">${t('ussd.choices')}</legend>
      ${choices.length > 0 && html`
        <div class="ussd-choice-heads small muted" aria-hidden="true">
          <span>${t('ussd.choice.key')}</span><span>${t('ussd.choice.label')}</span><span>${t('ussd.choice.next')}</span><span></span>
        </div>`}
      ${choices.map((choice, at) => html`
        <${Choice} key=${at} desk=${desk} choice=${choice} at=${at} count=${choices.length} onMove=${(by) => move(at, by)}
          onDelete=${() => setAll(choices.filter((_, each) => each !== at))}/>`)}
      ${!desk.disabled && choices.length < MOST && html`<div><${Button} kind="quiet" icon="plus" onClick=${add}>${t('ussd.choice.add')}</${Button}></div>`}
    </fieldset>`;
}

function Choice({ desk, choice, at, count, onMove, onDelete }) {
  const [asks, setAsks] = useState(false);
  const path = `choices[${at}]`;
  const n = at + 1;
  const put = (key, isTyped) => (value) => desk.put(`${path}.${key}`, value, isTyped);
  const sets = Object.entries(choice.set ?? {});
  const items = [
    { label: t('ussd.choice.set'), icon: 'tag', onClick: () => setAsks(true) },
    at > 0 && { label: t('ussd.up'), icon: 'arrow-up', onClick: () => onMove(-1) },
    at < count - 1 && { label: t('ussd.down'), icon: 'arrow-down', onClick: () => onMove(1) },
    { label: t('ussd.choice.delete'), icon: 'trash', danger: true, onClick: onDelete },
  ].filter(Boolean);
  return html`
    <div class="ussd-choice">
      <${Bare} name=${`${path}.key`} label=${t('ussd.choice.key_of', { n })} value=${choice.key} onInput=${(key) => put('key', true)(key.replace(/[^0-9]/g, ''))} error=${desk.faultOf(`${path}.key`)}
        disabled=${desk.disabled} inputmode="numeric" maxlength="3" class="num"/>
      <${Bare} name=${`${path}.label`} label=${t('ussd.choice.label_of', { n })} value=${choice.label} onInput=${put('label', true)}
        error=${desk.faultOf(`${path}.label`)} disabled=${desk.disabled} maxlength="200" placeholder=${t('ussd.choice.label')}/>
      <${Lead} desk=${desk} path=${`${path}.next`} value=${choice.next ?? ''} label=${t('ussd.choice.next_of', { n })} stem=${choice.label}/>
      ${!desk.disabled && html`<${Menu} label=${t('ussd.choice.more', { n })} icon="more-horizontal" items=${items}/>`}
      ${(sets.length > 0 || asks) && html`<${Sets} desk=${desk} path=${`${path}.set`} sets=${sets} isNew=${asks} onDone=${() => setAsks(false)}/>`}
    </div>`;
}

/** Variables that a choice sets. */
function Sets({ desk, path, sets, isNew, onDone }) {
  const put = (entries) => desk.put(path, Object.fromEntries(entries), true);
  const faultOf = (name) => desk.faultOf(`${path}.${name}`);
  return html`
    <div class="ussd-sets">
      ${sets.map(([name, value], at) => html`
        <div class="ussd-set-row" key=${at}>
          <span class="small muted">${t('ussd.choice.sets', { name })}</span>
          <${Bare} label=${t('ussd.choice.sets', { name })} value=${value} error=${faultOf(name)} maxlength="500" disabled=${desk.disabled}
            onInput=${(typed) => put(sets.map((each, nth) => (nth === at ? [name, typed] : each)))}/>
          ${!desk.disabled && html`<${IconButton} icon="x" label=${t('ussd.choice.unset', { name })} onClick=${() => put(sets.filter((_, nth) => nth !== at))}/>`}
        </div>`)}
      ${isNew && html`<${NewSet} taken=${sets.map(([name]) => name)} onAdd=${(name, value) => { put([...sets, [name, value]]); onDone(); }} onCancel=${onDone}/>`}
    </div>`;
}

function NewSet({ taken, onAdd, onCancel }) {
  const [name, setName] = useState('');
  const [value, setValue] = useState('');
  const isGood = name !== '' && !taken.includes(name);
  const add = () => isGood && onAdd(name, value);
  return html`
    <div class="ussd-set-row" onKeyDown=${(event) => (event.key === 'Enter' ? (event.preventDefault(), add()) : event.key === 'Escape' && onCancel())}>
      <${Bare} label=${t('ussd.variable')} placeholder=${t('ussd.variable')} value=${name} onInput=${(typed) => setName(variableName(typed))} maxlength="40" mono
        error=${name && !isGood ? t('ussd.variable_taken') : undefined}/>
      <${Bare} label=${t('ussd.value')} placeholder=${t('ussd.value')} value=${value} onInput=${setValue} maxlength="500"/>
      <${Button} onClick=${add} disabled=${!isGood}>${t('ussd.choice.set_add')}</${Button}>
      <${IconButton} icon="x" label=${t('common.cancel')} onClick=${onCancel}/>
    </div>`;
}
