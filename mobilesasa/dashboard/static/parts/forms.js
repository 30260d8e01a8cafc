/** Forms: each field takes what the API says of it, by its name; what fits no field is shown above. One import for all controls. */
import { html, cx, createContext, useContext, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from './ui.js';
import { Icon } from './icons.js';
import { RequestId } from './states.js';
import { t } from './texts.js';

export { Button, IconButton, Menu, Buttons } from './buttons.js';
export { TextField, AreaField, NumberField, SelectField, CheckField, CheckList, RadioList, PasswordField } from './fields.js';
export { DateTimeField, DateField } from './moments.js';
export { FileDrop } from './files.js';
export { Tabs, Segmented } from './tabs.js';

const Answers = createContext(null); // of a Form: what the API said, and the names of its fields

/**
 * A form.
 * @param {{onSubmit: (event: Event) => void, error?: Error|null, busy?: boolean, children?: any, label?: string}} props error: of
 *   useAct; its fields go to the fields by name
 */
export function Form({ onSubmit, error, busy, children, label, class: className, ...others }) {
  const names = useRef(new Set()).current;
  const box = useRef(null);
  const [rest, setRest] = useState(null);
  const said = useMemo(() => ({ names, fields: fieldsOf(error) }), [error]);

  useLayoutEffect(() => setRest(error ? unclaimed(error, names) : null), [error]);
  useEffect(() => {
    if (error) {
      focusWrong(box.current);
    }
  }, [error, rest]);

  const submitted = (event) => {
    event.preventDefault();
    if (!busy) {
      onSubmit(event);
    }
  };
  return html`
    <form ...${others} class=${cx('form', className)} ref=${box} aria-label=${label} aria-busy=${busy ? 'true' : undefined} onSubmit=${submitted}>
      ${rest && html`<${FormError} ...${rest}/>`}
      <${Answers.Provider} value=${said}>${children}</${Answers.Provider}>
    </form>
  `;
}

function fieldsOf(error) {
  return Object.fromEntries((error?.fields ?? []).map((each) => [each.field, each.message]));
}

/** What no field of the form shows: the whole sentence, or what was said of other fields. */
function unclaimed(error, names) {
  const others = (error.fields ?? []).filter((each) => !names.has(each.field));
  if (error.fields?.length && others.length === 0) {
    return null;
  }
  const listed = others.length ? others.map((each) => `${each.field}: ${each.message}`) : [];
  return { error, lines: listed.length ? listed : [error.message] };
}

function focusWrong(form) {
  const wrong = form?.querySelector('[aria-invalid=true]') ?? form?.querySelector('.form-error');
  wrong?.focus();
}

/** What was wrong with a form as a whole. @param {{error: Error, lines?: string[]}} props */
export function FormError({ error, lines }) {
  return html`
    <div class="form-error" role="alert" tabindex="-1">
      <${Icon} name="alert-triangle"/>
      <div>
        ${(lines ?? [error.message]).map((line) => html`<p>${line}</p>`)}
        <${RequestId} id=${error.status >= 500 || error.status === 0 ? error.requestId : undefined}/>
      </div>
    </div>
  `;
}

/** What the form's error says of a field; names the field, so that the form does not say it again. */
export function useFieldError(name, own) {
  const form = useContext(Answers);
  useLayoutEffect(() => {
    if (!name || !form) {
      return undefined;
    }
    form.names.add(name);
    return () => form.names.delete(name);
  }, [name, form?.names]);
  return own ?? (name ? form?.fields[name] : undefined);
}

/**
 * A label, help and error around any control. The control is given as a function of the attributes that tie it to them, or
 * as anything that has the id itself.
 * @param {{name?: string, label: any, help?: any, error?: string, required?: boolean, optional?: boolean, hideLabel?: boolean,
 *   group?: boolean, children: any|((tied: object) => any)}} props group: several controls, a fieldset
 */
export function Field({ name, label, help, error, required, optional, hideLabel, group, aside, class: className, children }) {
  const id = useId();
  const wrong = useFieldError(name, error);
  const about = cx(wrong && `${id}-error`, help && `${id}-help`) || undefined;
  const tied = { id, name, 'aria-describedby': about, 'aria-invalid': wrong ? 'true' : undefined, required: required || undefined };
  const child = Array.isArray(children) ? children.find((each) => typeof each === 'function') ?? children : children;
  const control = typeof child === 'function' ? child(tied) : child;
  const words = html`${label}${optional && html` <span class="muted field-optional">${t('common.optional')}</span>`}`;
  const foot = html`
    ${wrong && html`<p class="field-error" id="${id}-error"><${Icon} name="alert-triangle"/><span>${wrong}</span></p>`}
    ${help && html`<div class="field-help" id="${id}-help">${help}</div>`}
  `;
  if (group) {
    return html`
      <fieldset class=${cx('field', 'field-group', wrong && 'is-wrong', className)} aria-describedby=${about}>
        <legend class=${cx('field-label', hideLabel && 'visually-hidden')}>${words}</legend>
        ${control}${foot}
      </fieldset>
    `;
  }
  return html`
    <div class=${cx('field', wrong && 'is-wrong', className)}>
      ${label && html`<div class=${cx('field-top', hideLabel && 'visually-hidden')}><label class="field-label" for=${id}>${words}</label>${aside}</div>`}
      ${control}${foot}
    </div>
  `;
}

/** The last row of a form: its buttons. @param {{children: any}} props */
export function FormActions({ children }) {
  return html`<div class="form-actions">${children}</div>`;
}
