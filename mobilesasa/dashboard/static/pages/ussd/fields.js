/** Fields of the menu editor: a text with variables that is counted, a way to another screen, small bare inputs for rows. */
import { html, cx, useRef } from '../../parts/ui.js';
import { AreaField, SelectField, TextField } from '../../parts/forms.js';
import { Button, Menu } from '../../parts/buttons.js';
import { Icon } from '../../parts/icons.js';
import { Link, route } from '../../parts/router.js';
import { t } from '../../parts/texts.js';
import { BUILT_IN, KINDS } from './draft.js';
import { lacking, partsOf, replaced, sizeOf } from './measure.js';

/**
 * A text that may have variables: counted as it is written, with what the GSM alphabet lacks told, and a list of variables to put in.
 * @param {object} props as of AreaField; `variables`: names to offer; `as`: 'screen' or 'sms', how it is counted
 */
export function TextArea({ variables, as = 'screen', ...field }) {
  const box = useRef(null);
  const insert = (name) => {
    const area = box.current.querySelector('textarea');
    const [from, to] = [area.selectionStart ?? field.value.length, area.selectionEnd ?? field.value.length];
    const put = `{${name}}`;
    field.onInput(field.value.slice(0, from) + put + field.value.slice(to));
    requestAnimationFrame(() => {
      area.focus();
      area.setSelectionRange(from + put.length, from + put.length);
    });
  };
  const odd = lacking(field.value);
  return html`
    <div class="ussd-write" ref=${box}>
      <${AreaField} rows="3" ...${field}/>
      <div class="ussd-write-foot">
        <span class="small muted num">${as === 'sms' ? smsWords(field.value) : screenWords(field.value)}</span>
        ${!field.disabled && html`<${Menu} small label=${t('ussd.insert')} text=${t('ussd.insert')} icon="plus" items=${variables.map((name) => ({ label: `{${name}}`, onClick: () => insert(name) }))}/>`}
      </div>
      ${odd.length > 0 && html`<${Odd} odd=${odd} as=${as} onReplace=${field.disabled ? null : () => field.onInput(replaced(field.value))}/>`}
    </div>`;
}

function screenWords(text) {
  const { alphabet, taken } = sizeOf(text);
  return t(alphabet === 'gsm7' ? 'ussd.count.gsm' : 'ussd.count.ucs', { n: taken });
}

function smsWords(text) {
  return `${screenWords(text)} · ${t('ussd.count.parts', { n: text ? partsOf(text) : 0 })}`;
}

/** The characters that make a screen hold 80 instead of 182. */
function Odd({ odd, as, onReplace }) {
  const canReplace = odd.some((each) => each.replacement !== null);
  return html`
    <div class="ussd-odd small">
      <${Icon} name="alert-triangle"/>
      <span>${t(`ussd.odd.${as}`, { n: odd.length, what: odd.slice(0, 5).map((each) => each.character).join(' ') })}</span>
      ${canReplace && onReplace && html`<${Button} small onClick=${onReplace}>${t('ussd.odd.replace')}</${Button}>`}
    </div>`;
}

/** A field of a row whose columns have headings: its label is for screen readers. Props as of TextField. */
export function Bare({ class: className, ...field }) {
  return html`<${TextField} hideLabel autocomplete="off" ...${field} class=${cx('ussd-bare', className)}/>`;
}

/** The same with a choice. Props as of SelectField. */
export function BareSelect({ class: className, ...field }) {
  return html`<${SelectField} hideLabel ...${field} class=${cx('ussd-bare', className)}/>`;
}

/**
 * Where something leads: one of the screens, or a new one that is made by choosing it; behind it the way there.
 * @param {object} props `desk` of the editor; `path` in the chosen screen; `value`; `label`; `stem`: what a new screen may be called after
 */
export function Lead({ desk, path, value, label, stem }) {
  const { menu } = desk;
  const names = Object.keys(menu.screens);
  const options = [
    { value: '', label: t('ussd.lead.nowhere') },
    ...(value && !menu.screens[value] ? [{ value, label: t('ussd.missing', { name: value }) }] : []),
    { label: t('ussd.lead.screens'), options: names.map((name) => ({ value: name, label: name })) },
    ...(desk.disabled ? [] : [{ label: t('ussd.lead.new'), options: KINDS.map((kind) => ({ value: `+${kind}`, label: `+ ${t(`ussd.kind.${kind}`)}` })) }]),
  ];
  const onInput = (next) => (next.startsWith('+') ? desk.leadToNew(path, next.slice(1), stem) : desk.put(path, next));
  return html`
    <div class="ussd-lead">
      <${BareSelect} name=${path} label=${label} value=${value} onInput=${onInput} options=${options} error=${desk.faultOf(path)} disabled=${desk.disabled}/>
      ${menu.screens[value]
        ? html`<${Link} class="ussd-go" to=${route.value.path} query=${{ ...route.value.query, screen: value }} title=${t('ussd.lead.go', { name: value })}
            aria-label=${t('ussd.lead.go', { name: value })}><${Icon} name="chevron-right"/></${Link}>`
        : html`<span class="ussd-go" aria-hidden="true"></span>`}
    </div>`;
}

/** The names of variables that can be put into a text: the menu's own first, then those of the platform and of contacts. */
export function offered(variables) {
  const names = variables.filter((each) => each.from !== 'none').map((each) => each.name);
  return [...new Set([...names.filter((name) => !BUILT_IN.includes(name)), ...BUILT_IN])];
}
