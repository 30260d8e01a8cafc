/** Where somebody is logged in, and how to end it. */
import { html } from '../../parts/ui.js';
import { Button } from '../../parts/forms.js';
import { Card } from '../../parts/page.js';
import { Table } from '../../parts/table.js';
import { Status, When } from '../../parts/format.js';
import { Loaded, useLoad } from '../../parts/load.js';
import { Skeleton } from '../../parts/states.js';
import { confirm } from '../../parts/dialogs.js';
import { failed, toast } from '../../parts/toasts.js';
import { del, get } from '../../parts/api.js';
import { logOut } from '../../parts/session.js';
import { t } from '../../parts/texts.js';

const BROWSERS = [[/Edg\//, 'Edge'], [/OPR\//, 'Opera'], [/SamsungBrowser\//, 'Samsung Internet'], [/Firefox\//, 'Firefox'], [/Chrome\//, 'Chrome'], [/Safari\//, 'Safari']];
const SYSTEMS = [[/Android/, 'Android'], [/iPhone|iPad/, 'iOS'], [/Windows/, 'Windows'], [/Mac OS X/, 'macOS'], [/CrOS/, 'ChromeOS'], [/Linux/, 'Linux']];

/** What a client calls itself, in words. @param {string} agent */
export function device(agent) {
  const [browser, system] = [BROWSERS, SYSTEMS].map((rows) => rows.find(([sign]) => sign.test(agent))?.[1]);
  if (browser && system) {
    return t('account.login_on', { browser, system });
  }
  return browser ?? system ?? (agent.split(' ')[0] || t('account.login_unknown'));
}

/** The card of the profile. */
export function LoginsCard() {
  const logins = useLoad((signal) => get('/auth/logins', {}, { signal }), []);
  const end = async (login) => {
    const sure = await confirm({
      title: t('account.login_end_title'), text: t('account.login_end_text', { device: device(login.user_agent), address: login.address }), act: t('account.login_end'), danger: true,
    });
    if (!sure) {
      return;
    }
    try {
      await del(`/auth/logins/${login.uuid}`);
      toast(t('account.login_ended'));
    } catch (error) {
      failed(error);
    }
    logins.again();
  };
  const endAll = async () => {
    const n = logins.data?.items.length ?? 1;
    const sure = await confirm({ title: t('account.logins_end_all_title'), text: t('account.logins_end_all_text', { n }), act: t('account.logins_end_all'), danger: true });
    if (sure) {
      await logOut(true).catch(failed);
    }
  };
  return html`
    <${Card} kind="flush" title=${t('account.logins_title')} lead=${t('account.logins_lead')} actions=${html`<${Button} small icon="log-out" onClick=${endAll}>${t('account.logins_end_all')}</${Button}>`}>
      <${Loaded} of=${logins} skeleton=${html`<${Skeleton} rows=${3}/>`}>
        ${({ items }) => html`<${Table} label=${t('account.logins_title')} rows=${items} columns=${columns(end)}/>`}
      </${Loaded}>
    </${Card}>
  `;
}

function columns(end) {
  return [
    {
      key: 'device',
      title: t('account.login_device'),
      cell: (row) => html`<span title=${row.user_agent}>${device(row.user_agent)}</span> ${row.current && html`<${Status} of="current" label=${t('account.login_current')}/>`}`,
    },
    { key: 'address', title: t('account.login_address'), cell: (row) => html`<span class="mono">${row.address}</span>` },
    { key: 'team', title: t('common.team'), cell: (row) => row.team ?? '–', hide: 'narrow' },
    { key: 'used', title: t('account.login_used'), cell: (row) => html`<${When} at=${row.last_used_at}/>` },
    { key: 'begun', title: t('account.login_begun'), cell: (row) => html`<${When} at=${row.created_at}/>`, hide: 'narrow' },
    {
      key: 'end',
      title: t('common.actions'),
      hideTitle: true,
      class: 'is-acts',
      cell: (row) => !row.current && html`<${Button} small of=${`${device(row.user_agent)}, ${row.address}`} onClick=${() => end(row)}>${t('account.login_end')}</${Button}>`,
    },
  ];
}
