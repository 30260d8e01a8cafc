/** Buttons, and menus that open from one. */
import { html, cx, useEffect, useId, useRef, useState } from './ui.js';
import { href as addressOf } from './router.js';
import { Icon } from './icons.js';
import { t } from './texts.js';

/**
 * A button; a link that looks like one where `to` (a page) or `href` (any address) is given.
 * @param {{kind?: 'primary'|'plain'|'danger'|'quiet', busy?: boolean, icon?: string, iconEnd?: string, onClick?: Function,
 *   type?: string, disabled?: boolean, title?: string, to?: string, query?: object, href?: string, small?: boolean,
 *   of?: string, children?: any}} props of: the thing of a list that it is about, for who hears "Revoke" many times
 */
export function Button({
  kind = 'plain', busy = false, icon, iconEnd, type = 'button', disabled = false, to, query, href, small, of, class: className, children, onClick, ...given
}) {
  const rest = of ? { 'aria-label': `${children}: ${of}`, ...given } : given;
  const classes = cx('button', `button-${kind}`, small && 'button-small', busy && 'is-busy', className);
  const inner = html`
    ${icon && html`<${Icon} name=${icon}/>`}
    ${children !== undefined && children !== null && html`<span class="button-text">${children}</span>`}
    ${iconEnd && html`<${Icon} name=${iconEnd}/>`}
  `;
  if ((to !== undefined || href !== undefined) && !disabled) {
    return html`<a ...${rest} class=${classes} href=${href ?? addressOf(to, query)} onClick=${onClick}>${inner}</a>`;
  }
  const clicked = busy ? (event) => event.preventDefault() : onClick;
  return html`<button ...${rest} class=${classes} type=${type} disabled=${disabled} aria-busy=${busy ? 'true' : undefined} onClick=${clicked}>${inner}</button>`;
}

/**
 * A button of an icon alone; its label is its title too.
 * @param {{icon: string, label: string, onClick?: Function, kind?: string, disabled?: boolean, busy?: boolean, to?: string}} props
 */
export function IconButton({ icon, label, kind = 'quiet', class: className, ...rest }) {
  return html`<${Button} ...${rest} kind=${kind} icon=${icon} class=${cx('button-icon', className)} aria-label=${label} title=${label}/>`;
}

/**
 * A menu of acts. By keyboard: Enter, Space or the down arrow open it; arrows, Home, End and letters move; Esc closes.
 * @param {{label: string, icon?: string, items: {label?: string, icon?: string, onClick?: Function, to?: string, href?: string,
 *   danger?: boolean, disabled?: boolean, checked?: boolean, line?: boolean}[], kind?: string, text?: any, small?: boolean,
 *   align?: 'start'|'end'}} props text: what the button shows besides the icon; `{line: true}` among the items draws a line
 */
export function Menu({ label, icon = 'more-horizontal', items, kind = 'quiet', text, small, align = 'end', class: className }) {
  const [open, setOpen] = useState(null); // null, 'first' or 'last': which item begins
  const anchor = useRef(null);
  const id = useId();
  const shown = items.filter(Boolean);
  const close = (back = true) => {
    setOpen(null);
    if (back) {
      anchor.current?.querySelector('button')?.focus();
    }
  };
  const onKeyDown = (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setOpen(event.key === 'ArrowUp' ? 'last' : 'first');
    }
  };
  return html`
    <span class=${cx('menu', className)} ref=${anchor}>
      <${Button} kind=${kind} icon=${icon} small=${small} class=${text === undefined && 'button-icon'} aria-label=${label}
        title=${text === undefined ? label : undefined} aria-haspopup="menu" aria-expanded=${open ? 'true' : 'false'} aria-controls=${open ? id : undefined}
        onKeyDown=${onKeyDown} onClick=${() => (open ? close() : setOpen('first'))}>${text}</${Button}>
      ${open && html`<${MenuList} id=${id} label=${label} items=${shown} anchor=${anchor} begin=${open} align=${align} onClose=${close}/>`}
    </span>
  `;
}

function MenuList({ id, label, items, anchor, begin, align, onClose }) {
  const list = useRef(null);
  const choices = () => [...list.current.querySelectorAll('[role^=menuitem]')]; // those that cannot be chosen can be read

  useEffect(() => {
    list.current.showPopover?.();
    place(list.current, anchor.current, align);
    choices().at(begin === 'last' ? -1 : 0)?.focus();
    const outside = (event) => {
      if (!list.current?.contains(event.target) && !anchor.current?.contains(event.target)) {
        onClose(false);
      }
    };
    const moved = (event) => !(event.target instanceof Node && list.current?.contains(event.target)) && onClose(false);
    document.addEventListener('pointerdown', outside, true);
    window.addEventListener('resize', moved);
    window.addEventListener('scroll', moved, true);
    return () => {
      document.removeEventListener('pointerdown', outside, true);
      window.removeEventListener('resize', moved);
      window.removeEventListener('scroll', moved, true);
    };
  }, []);

  return html`
    <div id=${id} class="menu-list" role="menu" aria-label=${label} popover="manual" ref=${list} tabindex="-1"
      onKeyDown=${(event) => onMenuKey(event, choices(), onClose)}>
      ${items.map((item) => (item.line ? html`<hr class="menu-line" role="separator"/>` : html`<${MenuItem} item=${item} onClose=${onClose}/>`))}
    </div>
  `;
}

function onMenuKey(event, choices, onClose) {
  const at = choices.indexOf(document.activeElement);
  const to = { ArrowDown: (at + 1) % choices.length, ArrowUp: (at - 1 + choices.length) % choices.length, Home: 0, End: choices.length - 1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    choices[to]?.focus();
  } else if (event.key === 'Escape' || event.key === 'Tab') {
    event.stopPropagation();
    event.preventDefault();
    onClose();
  } else if (event.key.length === 1 && event.key !== ' ' && !event.ctrlKey && !event.metaKey) {
    const letter = event.key.toLowerCase();
    const order = [...choices.slice(at + 1), ...choices.slice(0, at + 1)];
    order.find((each) => each.textContent.trim().toLowerCase().startsWith(letter))?.focus();
    event.preventDefault();
    event.stopPropagation();
  }
}

function MenuItem({ item, onClose }) {
  const chosen = (event) => {
    if (item.disabled) {
      event.preventDefault();
      return;
    }
    onClose();
    item.onClick?.(event);
  };
  const kind = item.checked === undefined ? 'menuitem' : 'menuitemradio';
  const common = {
    role: kind,
    tabindex: '-1',
    class: cx('menu-item', item.danger && 'is-danger'),
    'aria-disabled': item.disabled ? 'true' : undefined,
    'aria-checked': item.checked === undefined ? undefined : String(item.checked),
    title: item.title,
    onClick: chosen,
  };
  const icon = item.checked === undefined ? item.icon : (item.checked && 'check') || 'none';
  const inner = html`${icon && html`<${Icon} name=${icon}/>`}<span class="menu-text">${item.label}</span>${item.hint && html`<span class="menu-hint">${item.hint}</span>`}`;
  if ((item.to || item.href) && !item.disabled) {
    return html`<a ...${common} href=${item.href ?? addressOf(item.to, item.query)} target=${item.target} rel=${item.target && 'noopener'}>${inner}</a>`;
  }
  return html`<button type="button" ...${common}>${inner}</button>`;
}

/** Put a list below its button, or above where there is no room, wholly within the window. */
export function place(list, anchor, align) {
  const from = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = list;
  const left = align === 'end' ? from.right - width : from.left;
  const below = from.bottom + 4 + height <= window.innerHeight || from.top < height;
  list.style.left = `${Math.max(8, Math.min(left, window.innerWidth - width - 8))}px`;
  list.style.top = `${below ? Math.min(from.bottom + 4, Math.max(8, window.innerHeight - height - 8)) : from.top - height - 4}px`;
}

/** Buttons in a row, as one tool. @param {{label: string, children: any}} props */
export function Buttons({ label, children }) {
  return html`<div class="buttons" role="group" aria-label=${label ?? t('common.actions')}>${children}</div>`;
}
