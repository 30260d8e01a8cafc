/** The rules of a condition: what is asked of a variable, and where it leads when that holds. */
import { html } from '../../parts/ui.js';
import { Button, IconButton } from '../../parts/buttons.js';
import { t } from '../../parts/texts.js';
import { ALONE, BUILT_IN, OPS, emptyRule } from './draft.js';
import { Bare, BareSelect, Lead } from './fields.js';

const MOST = 50;

export function Rules({ desk }) {
  const rules = desk.screen.rules ?? [];
  const setAll = (now) => desk.put('rules', now);
  const swap = (at) => setAll(rules.map((rule, nth) => (nth === at - 1 ? rules[at] : nth === at ? rules[at - 1] : rule)));
  return html`
    <fieldset class="ussd-set">
      <legend class="ussd-heading">${t('ussd.rules')}</legend>
      ${rules.map((rule, at) => html`
        <${Rule} key=${at} desk=${desk} rule=${rule} at=${at} onDelete=${() => setAll(rules.filter((_, each) => each !== at))} onUp=${at > 0 && (() => swap(at))}/>`)}
      ${!desk.disabled && rules.length < MOST && html`
        <div><${Button} kind="quiet" icon="plus" onClick=${() => setAll([...rules, emptyRule()])}>${t('ussd.rule.add')}</${Button}></div>`}
      <div class="ussd-next">
        <span class="ussd-heading">${t('ussd.rule.else')}</span>
        <${Lead} desk=${desk} path="else" value=${desk.screen.else ?? ''} label=${t('ussd.rule.else')} stem=""/>
      </div>
    </fieldset>`;
}

function Rule({ desk, rule, at, onDelete, onUp }) {
  const when = rule.when ?? {};
  const path = `rules[${at}]`;
  const n = at + 1;
  const list = (value) => (Array.isArray(value) ? value.join(', ') : (value ?? ''));
  const setValue = (typed) => desk.put(`${path}.when.value`, when.op === 'in' ? listed(typed) : typed, true);
  const setOp = (op) => desk.put(`${path}.when`, whenOf(when, op));
  return html`
    <div class="ussd-rule">
      <span class="ussd-if" aria-hidden="true">${t(at ? 'ussd.rule.or_if' : 'ussd.rule.if')}</span>
      <${BareSelect} name=${`${path}.when.variable`} label=${t('ussd.rule.variable_of', { n })} value=${when.variable} error=${desk.faultOf(`${path}.when.variable`)}
        onInput=${(name) => desk.put(`${path}.when.variable`, name)} options=${variableOptions(desk, when.variable)} disabled=${desk.disabled}/>
      <${BareSelect} name=${`${path}.when.op`} label=${t('ussd.rule.op_of', { n })} value=${when.op} onInput=${setOp} error=${desk.faultOf(`${path}.when.op`)}
        options=${OPS.map((op) => ({ value: op, label: t(`ussd.op.${op}`) }))} disabled=${desk.disabled}/>
      ${ALONE.has(when.op) ? html`<span class="ussd-rule-value"></span>` : html`
        <${Bare} class="ussd-rule-value" name=${`${path}.when.value`} label=${t('ussd.rule.value_of', { n })} value=${list(when.value)} onInput=${setValue} disabled=${desk.disabled}
          placeholder=${t(when.op === 'in' ? 'ussd.rule.values' : 'ussd.value')} error=${desk.faultOf(`${path}.when.value`)} key=${when.op}/>`}
      <${Lead} desk=${desk} path=${`${path}.next`} value=${rule.next ?? ''} label=${t('ussd.rule.next_of', { n })} stem=""/>
      ${!desk.disabled && html`
        <span class="ussd-rule-acts">
          ${onUp && html`<${IconButton} icon="arrow-up" label=${t('ussd.rule.up', { n })} onClick=${onUp}/>`}
          <${IconButton} icon="x" label=${t('ussd.rule.delete', { n })} onClick=${onDelete}/>
        </span>`}
    </div>`;
}

/** The list that is meant; while somebody writes, an empty last one is kept, so that the comma stays. */
function listed(typed) {
  return typed.split(',').map((each, at) => (at ? each.replace(/^ /, '') : each));
}

/** What is asked with another op: without a value, of a list, or of one. */
function whenOf({ variable, value }, op) {
  if (ALONE.has(op)) return { variable, op };
  const one = Array.isArray(value) ? value.join(', ') : (value ?? '');
  return { variable, op, value: op === 'in' ? listed(one).filter(Boolean) : one };
}

function variableOptions(desk, chosen) {
  const names = desk.variables.filter((each) => each.from !== 'none').map((each) => each.name);
  const own = names.filter((name) => !BUILT_IN.includes(name));
  const row = (name) => ({ value: name, label: name });
  return [
    { value: '', label: t('ussd.rule.choose') },
    ...(chosen && !names.includes(chosen) ? [row(chosen)] : []),
    ...(own.length ? [{ label: t('ussd.variables.menu'), options: own.map(row) }] : []),
    { label: t('ussd.variables.platform'), options: BUILT_IN.map(row) },
  ];
}
