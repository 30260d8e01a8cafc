/** Controls with their labels: text, number, choice, boxes. All take `{name, label, value, onInput(value), help, required, disabled, error}`. */
import { html, cx, useId, useState } from './ui.js';
import { Field, useFieldError } from './forms.js';
import { IconButton } from './buttons.js';
import { t } from './texts.js';

/** What of the props is the field's frame, and what the control's. */
function parted({ name, label, help, error, required, optional, hideLabel, aside, class: className, value, onInput, ...control }) {
  return [{ name, label, help, error, required, optional, hideLabel, aside, class: className }, { value, onInput, control }];
}

/**
 * One line of text; `type` as of an <input>: text, email, tel, url, search, …
 * @param {{name?: string, label: any, value: string, onInput: (value: string) => void, help?: any, required?: boolean,
 *   disabled?: boolean, error?: string, type?: string, mono?: boolean, prefix?: any, suffix?: any}} props
 */
export function TextField(props) {
  const [frame, { value, onInput, control: { mono, prefix, suffix, type = 'text', ...control } }] = parted(props);
  const input = (tied) => html`<input class=${cx('input', mono && 'mono')} type=${type} value=${value ?? ''} ...${control} ...${tied}
    onInput=${(event) => onInput?.(event.target.value)}/>`;
  return html`<${Field} ...${frame}>${(tied) => (prefix || suffix
    ? html`<div class="input-group">${prefix && html`<span class="input-affix">${prefix}</span>`}${input(tied)}${suffix && html`<span class="input-affix">${suffix}</span>`}</div>`
    : input(tied))}</${Field}>`;
}

/** A password, which can be looked at. @param {object} props as of TextField */
export function PasswordField(props) {
  const [seen, setSeen] = useState(false);
  const [frame, { value, onInput, control }] = parted(props);
  return html`<${Field} ...${frame}>${(tied) => html`
    <div class="input-inside">
      <input class="input" type=${seen ? 'text' : 'password'} value=${value ?? ''} ...${control} ...${tied} autocapitalize="none" spellcheck=${false}
        onInput=${(event) => onInput?.(event.target.value)}/>
      <${IconButton} small icon=${seen ? 'eye-off' : 'eye'} label=${seen ? t('common.hide_value') : t('common.show_value')} aria-pressed=${String(seen)} onClick=${() => setSeen(!seen)}/>
    </div>`}</${Field}>`;
}

/** Several lines of text. @param {object} props as of TextField, and `rows`; `grow`: as high as its text */
export function AreaField(props) {
  const [frame, { value, onInput, control: { mono, rows = 4, grow, ...control } }] = parted(props);
  return html`<${Field} ...${frame}>${(tied) => html`
    <textarea class=${cx('input', mono && 'mono', grow && 'is-growing')} rows=${rows} value=${value ?? ''} ...${control} ...${tied}
      onInput=${(event) => onInput?.(event.target.value)}></textarea>`}</${Field}>`;
}

/**
 * A number; `onInput` gets a number, or null where there is none.
 * @param {object} props as of TextField, and `min`, `max`, `step`, `suffix`
 */
export function NumberField(props) {
  const [frame, { value, onInput, control: { suffix, prefix, step = 1, ...control } }] = parted(props);
  const said = (event) => onInput?.(event.target.value === '' ? null : event.target.valueAsNumber);
  const input = (tied) => html`<input class="input num" type="number" inputmode=${Number.isInteger(step) ? 'numeric' : 'decimal'} step=${step} value=${value ?? ''}
    ...${control} ...${tied} onInput=${said}/>`;
  return html`<${Field} ...${frame}>${(tied) => (prefix || suffix
    ? html`<div class="input-group">${prefix && html`<span class="input-affix">${prefix}</span>`}${input(tied)}${suffix && html`<span class="input-affix">${suffix}</span>`}</div>`
    : input(tied))}</${Field}>`;
}

/** A choice as `{value, label, disabled?}`, `[value, label]` or a word that is both. */
export function choiceOf(option) {
  if (Array.isArray(option)) {
    return { value: option[0], label: option[1] };
  }
  return option !== null && typeof option === 'object' ? option : { value: option, label: String(option) };
}

function Options({ options, value }) {
  return options.map((each) => {
    if (each?.options) {
      return html`<optgroup label=${each.label}><${Options} options=${each.options} value=${value}/></optgroup>`;
    }
    const { value: own, label, disabled } = choiceOf(each);
    return html`<option value=${own ?? ''} disabled=${disabled} selected=${String(own ?? '') === String(value ?? '')}>${label}</option>`;
  });
}

/**
 * One of several.
 * @param {object} props as of TextField, and `options`: `[value, label]`, `{value, label}` or `{label, options}` for a group;
 *   `placeholder`: what stands for no choice
 */
export function SelectField(props) {
  const [frame, { value, onInput, control: { options, placeholder, ...control } }] = parted(props);
  return html`<${Field} ...${frame}>${(tied) => html`
    <select class="input select" value=${value ?? ''} ...${control} ...${tied} onChange=${(event) => onInput?.(event.target.value)}>
      ${placeholder !== undefined && html`<option value="" selected=${(value ?? '') === ''}>${placeholder}</option>`}
      <${Options} options=${options} value=${value}/>
    </select>`}</${Field}>`;
}

/**
 * A box to tick; `value` is true or false.
 * @param {{name?: string, label: any, value: boolean, onInput: (value: boolean) => void, help?: any, disabled?: boolean, error?: string}} props
 */
export function CheckField({ name, label, value, onInput, help, error, disabled, class: className, ...rest }) {
  const id = useId();
  const wrong = useFieldError(name, error);
  const about = cx(wrong && `${id}-error`, help && `${id}-help`) || undefined;
  return html`
    <div class=${cx('check', wrong && 'is-wrong', disabled && 'is-disabled', className)}>
      <input type="checkbox" ...${rest} id=${id} name=${name} checked=${Boolean(value)} disabled=${disabled} aria-describedby=${about}
        aria-invalid=${wrong ? 'true' : undefined} onChange=${(event) => onInput?.(event.target.checked)}/>
      <label for=${id}>${label}</label>
      ${help && html`<div class="field-help" id="${id}-help">${help}</div>`}
      ${wrong && html`<p class="field-error" id="${id}-error">${wrong}</p>`}
    </div>
  `;
}

/**
 * Boxes; `value` is an array of those that are ticked.
 * @param {object} props as of TextField, and `options`: `{value, label, help?, disabled?}`; `columns`: side by side
 */
export function CheckList({ options, value = [], onInput, disabled, columns, ...frame }) {
  const turned = (own, on) => onInput?.(on ? [...value, own] : value.filter((each) => each !== own));
  return html`
    <${Field} ...${frame} group>
      <div class=${cx('checks', columns && 'is-columns')}>
        ${options.map(choiceOf).map((each) => html`<${CheckField} key=${each.value} label=${each.label} help=${each.help} value=${value.includes(each.value)}
          disabled=${disabled || each.disabled} onInput=${(on) => turned(each.value, on)}/>`)}
      </div>
    </${Field}>
  `;
}

/**
 * One of a few, all to be seen.
 * @param {object} props as of TextField, and `options`: `{value, label, help?, disabled?}`; `cards`: each in a frame
 */
export function RadioList({ options, value, onInput, disabled, cards, columns, ...frame }) {
  const name = useId();
  return html`
    <${Field} ...${frame} group>
      <div class=${cx('checks', cards && 'is-cards', columns && 'is-columns')}>
        ${options.map(choiceOf).map((each) => html`<${Radio} key=${each.value} of=${each} name=${name} on=${value === each.value} disabled=${disabled || each.disabled} onInput=${onInput}/>`)}
      </div>
    </${Field}>
  `;
}

function Radio({ of, name, on, disabled, onInput }) {
  const id = useId();
  return html`
    <div class=${cx('check', disabled && 'is-disabled', on && 'is-on')}>
      <input type="radio" id=${id} name=${name} value=${of.value} checked=${on} disabled=${disabled} aria-describedby=${of.help ? `${id}-help` : undefined}
        onChange=${() => onInput?.(of.value)}/>
      <label for=${id}>${of.label}</label>
      ${of.help && html`<div class="field-help" id="${id}-help">${of.help}</div>`}
    </div>
  `;
}
