/** What a page shows instead of what it is for: nothing yet, no permission, a failure, and grey places while it loads. */
import { html, cx, useEffect, useState } from './ui.js';
import { Button } from './buttons.js';
import { Icon } from './icons.js';
import { Copy } from './copy.js';
import { role, isPlatformAdmin, me, team } from './session.js';
import { t, textOr } from './texts.js';

/**
 * Nothing yet, and what to do first.
 * @param {{icon?: string, title: string, text?: any, action?: any, small?: boolean, children?: any}} props
 */
export function Empty({ icon = 'inbox', title, text, action, small = false, children }) {
  return html`
    <div class=${cx('empty', small && 'empty-small')}>
      <span class="empty-icon"><${Icon} name=${icon}/></span>
      <p class="empty-title">${title}</p>
      ${text && html`<p class="empty-text">${text}</p>`}
      ${children}
      ${action && html`<div class="empty-act">${action}</div>`}
    </div>
  `;
}

/**
 * Something that failed: what, the request id, and another try.
 * @param {{error: Error, again?: Function, title?: string}} props
 */
export function Failure({ error, again, title }) {
  return html`
    <div class="failure" role="alert">
      <span class="empty-icon is-bad"><${Icon} name="alert-triangle"/></span>
      <p class="empty-title">${title ?? t('common.failed_title')}</p>
      <p class="empty-text">${error?.message}</p>
      <${RequestId} id=${error?.requestId}/>
      ${again && html`<div class="empty-act"><${Wait} seconds=${error?.retryAfterS} again=${again}/></div>`}
    </div>
  `;
}

/** "Try again", after as many seconds as the server has asked for. */
function Wait({ seconds, again }) {
  const left = useCountdown(seconds ?? 0);
  return html`<${Button} icon="refresh" disabled=${left > 0} onClick=${() => again()}>
    ${left > 0 ? `${t('common.retry')} (${left} s)` : t('common.retry')}
  </${Button}>`;
}

/** Seconds that run out. @param {number} seconds @returns {number} */
export function useCountdown(seconds) {
  const [ends, setEnds] = useState(() => Date.now() + seconds * 1000);
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    setEnds(Date.now() + seconds * 1000);
    setLeft(seconds);
  }, [seconds]);
  useEffect(() => {
    if (seconds <= 0) {
      return undefined;
    }
    const timer = setInterval(() => setLeft(Math.max(0, Math.ceil((ends - Date.now()) / 1000))), 250);
    return () => clearInterval(timer);
  }, [ends, seconds]);
  return left;
}

/** The id that finds a call in the server's log. @param {{id?: string}} props */
export function RequestId({ id }) {
  return id ? html`<p class="request-id muted small">${t('common.failed_request', { id: '' })} <span class="mono">${id}</span> <${Copy} text=${id} label=${t('common.request_id')}/></p>` : null;
}

/**
 * No permission, in words.
 * @param {{scope?: string|string[], text?: string, platform?: boolean}} props
 */
export function Forbidden({ scope, text, platform }) {
  const wanted = [].concat(scope ?? []).map((each) => textOr(`scope.${each}`, each));
  let why = t('common.forbidden_text', { role: t(`role.${role.value}`) });
  if (platform || (wanted.length && [].concat(scope).includes('platform') && !isPlatformAdmin())) {
    why = t('common.forbidden_platform');
  } else if (me.value && !me.value.team) {
    why = t('common.forbidden_team');
  }
  return html`
    <div class="empty" role="status">
      <span class="empty-icon"><${Icon} name="shield"/></span>
      <p class="empty-title">${t('common.forbidden_title')}</p>
      <p class="empty-text">${text ?? why}</p>
      ${wanted.length > 0 && !platform && html`<p class="empty-text small muted">${t('common.forbidden_scope', { scope: wanted.join(` ${t('common.or')} `) })}</p>`}
      ${team.value && html`<div class="empty-act"><${Button} to="/overview">${t('common.missing_home')}</${Button}></div>`}
    </div>
  `;
}

/** An address that leads nowhere. */
export function Missing({ title, text }) {
  return html`<${Empty} icon="search" title=${title ?? t('common.missing_title')} text=${text ?? t('common.missing_text')}
    action=${html`<${Button} to="/overview">${t('common.missing_home')}</${Button}>`}/>`;
}

/**
 * Grey places of what is being loaded.
 * @param {{rows?: number, kind?: 'table'|'card'|'text'}} props
 */
export function Skeleton({ rows = 5, kind = 'table' }) {
  const lines = Array.from({ length: rows }, (_, nth) => html`<span class="skeleton-line" style=${{ width: widthOf(kind, nth) }}></span>`);
  return html`<div class="skeleton skeleton-${kind}" role="status"><span class="visually-hidden">${t('common.loading')}</span>${lines}</div>`;
}

function widthOf(kind, nth) {
  return kind === 'text' ? `${[92, 100, 84, 96, 60][nth % 5]}%` : '100%';
}
