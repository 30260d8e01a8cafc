/** The frame of every page, and the plain boxes that stand in it. */
import { html, cx, useEffect, useId } from './ui.js';
import { Icon } from './icons.js';
import { Link } from './router.js';
import { t } from './texts.js';

/**
 * A page: its one heading, acts, tabs. Sets the window's title.
 * @param {{title: any, name?: string, actions?: any, crumbs?: {label: string, to: string, query?: object}[], lead?: any, tabs?: any,
 *   status?: any, narrow?: boolean, wide?: boolean, children?: any}} props name: for the window's title where `title` is no string;
 *   status: beside the heading; narrow: for forms and reading
 */
export function Page({ title, name, actions, crumbs, lead, tabs, status, narrow, wide, class: className, children }) {
  const words = name ?? (typeof title === 'string' ? title : '');
  useEffect(() => {
    if (words) {
      document.title = t('common.page_title', { page: words });
    }
  }, [words]);
  return html`
    <div class=${cx('page', narrow && 'page-narrow', wide && 'page-wide', className)}>
      <header class="page-head">
        <div class="page-words">
          ${crumbs?.length > 0 && html`<${Crumbs} crumbs=${crumbs}/>`}
          <div class="page-title">
            <h1 tabindex="-1">${title}</h1>
            ${status && html`<span class="page-status">${status}</span>`}
          </div>
          ${lead && html`<p class="page-lead">${lead}</p>`}
        </div>
        ${actions && html`<div class="page-actions">${actions}</div>`}
      </header>
      ${tabs && html`<div class="page-tabs">${tabs}</div>`}
      <div class="page-body">${children}</div>
    </div>
  `;
}

function Crumbs({ crumbs }) {
  return html`
    <nav class="crumbs" aria-label=${t('common.where')}>
      <ol>${crumbs.map((each, nth) => html`<li>${nth > 0 && html`<${Icon} name="chevron-right"/>`}<${Link} to=${each.to} query=${each.query}>${each.label}</${Link}></li>`)}</ol>
    </nav>
  `;
}

/**
 * A box with a heading.
 * @param {{title?: any, actions?: any, kind?: 'plain'|'flush'|'quiet', lead?: any, level?: 2|3, class?: string, footer?: any,
 *   children?: any}} props flush: the content reaches the edges (tables); quiet: without a frame
 */
export function Card({ title, actions, kind = 'plain', lead, level = 2, footer, class: className, children, ...rest }) {
  const id = useId();
  const Heading = `h${level}`;
  const frame = title ? { role: 'region', 'aria-labelledby': id } : {};
  return html`
    <section class=${cx('card', `card-${kind}`, className)} ...${frame} ...${rest}>
      ${(title || actions) && html`
        <header class="card-head">
          <div class="card-words">
            ${title && html`<${Heading} class="card-title" id=${id}>${title}</${Heading}>`}
            ${lead && html`<p class="muted small">${lead}</p>`}
          </div>
          ${actions && html`<div class="card-actions">${actions}</div>`}
        </header>`}
      <div class="card-body">${children}</div>
      ${footer && html`<footer class="card-foot">${footer}</footer>`}
    </section>
  `;
}

const SIZES = { 0: '0', 1: 'var(--s1)', 2: 'var(--s2)', 3: 'var(--s3)', 4: 'var(--s4)', 5: 'var(--s5)', 6: 'var(--s6)' };
const sizeOf = (gap) => SIZES[gap] ?? gap;

/** Things below each other. @param {{gap?: number|string, children?: any}} props gap: 1 to 6 of the spaces, or a length */
export function Stack({ gap = 4, class: className, children, ...rest }) {
  return html`<div ...${rest} class=${cx('stack', className)} style=${{ gap: sizeOf(gap) }}>${children}</div>`;
}

/** Things beside each other. @param {{gap?: number|string, wrap?: boolean, between?: boolean, top?: boolean, end?: boolean, children?: any}} props */
export function Row({ gap = 2, wrap = false, between = false, top = false, end = false, class: className, children, ...rest }) {
  return html`<div ...${rest} class=${cx('row', wrap && 'is-wrapping', between && 'is-between', top && 'is-top', end && 'is-end', className)} style=${{ gap: sizeOf(gap) }}>${children}</div>`;
}

/** As many columns as fit. @param {{min?: string, gap?: number|string, children?: any}} props */
export function Grid({ min = '16rem', gap = 4, class: className, children, ...rest }) {
  const columns = `repeat(auto-fit, minmax(min(100%, ${min}), 1fr))`;
  return html`<div ...${rest} class=${cx('grid', className)} style=${{ gap: sizeOf(gap), gridTemplateColumns: columns }}>${children}</div>`;
}

/**
 * Labels and what they say.
 * @param {{items: ([any, any]|null|false)[], columns?: boolean}} props columns: side by side where there is room
 */
export function Facts({ items, columns = false, class: className }) {
  const shown = items.filter(Boolean);
  return html`
    <dl class=${cx('facts', columns && 'is-columns', className)}>
      ${shown.map(([label, value]) => html`<div class="fact"><dt>${label}</dt><dd>${value ?? '–'}</dd></div>`)}
    </dl>
  `;
}

const NOTICES = { info: 'info', warn: 'alert-triangle', bad: 'circle-x', good: 'circle-check' };

/**
 * Something to know, within the page.
 * @param {{kind?: 'info'|'warn'|'bad'|'good', title?: any, action?: any, live?: boolean, children?: any}} props live: read out when
 *   it appears
 */
export function Notice({ kind = 'info', title, action, live = false, class: className, children }) {
  return html`
    <div class=${cx('notice', `notice-${kind}`, className)} role=${live ? (kind === 'bad' ? 'alert' : 'status') : undefined}>
      <${Icon} name=${NOTICES[kind]}/>
      <div class="notice-text">
        ${title && html`<p class="notice-title">${title}</p>`}
        ${children && html`<div>${children}</div>`}
      </div>
      ${action && html`<div class="notice-act">${action}</div>`}
    </div>
  `;
}

/** A part of a page with a heading and no frame. @param {{title: any, actions?: any, lead?: any, level?: 2|3, children?: any}} props */
export function Section(props) {
  return html`<${Card} ...${props} kind="quiet"/>`;
}
