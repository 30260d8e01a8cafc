/** To whom messages and sessions from phones go: keywords of short codes, USSD service codes, and the gateways that bring sessions. */
import { html } from '../../parts/ui.js';
import { del, get, post } from '../../parts/api.js';
import { Button, Tabs } from '../../parts/forms.js';
import { useLoad } from '../../parts/load.js';
import { Page } from '../../parts/page.js';
import { setQuery } from '../../parts/router.js';
import { t } from '../../parts/texts.js';
import { toast } from '../../parts/toasts.js';
import { FormDialog } from './form_dialog.js';
import { Gateways } from './gateways.js';
import { Listed, doIt } from './listed.js';
import { Codes } from './service_codes.js';

const TABS = { keywords: Keywords, codes: Codes, gateways: Gateways };
const wordOf = (each) => each.keyword.toUpperCase() || t('admin.keywords.none_word');

function Keywords({ query }) {
  const { code } = query;
  const load = useLoad((signal) => get('/admin/keywords', { code }, { signal }), [code]);
  const names = (each) => ({ keyword: wordOf(each), code: each.code, team: each.team });
  const remove = (each) => doIt({
    question: { title: t('admin.keywords.remove_title', names(each)), text: t('admin.keywords.remove_text', names(each)), act: t('common.remove') },
    act: () => del(`/admin/keywords?${new URLSearchParams({ code: each.code, keyword: each.keyword })}`), done: t('admin.keywords.removed', names(each)), again: load.again,
    undo: () => post('/admin/keywords', each),
  });
  const make = async (said) => {
    const made = await post('/admin/keywords', { code: said.code.trim(), keyword: said.keyword.trim(), team: said.team.trim() });
    toast(t('admin.keywords.made', names(made)), { kind: 'good' });
    await load.again();
  };
  const columns = [
    { key: 'code', title: t('admin.keywords.code'), sort: 'code', cell: (each) => html`<span class="mono">${each.code}</span>` },
    { key: 'keyword', title: t('admin.keywords.keyword'), sort: 'keyword', cell: (each) => (each.keyword ? html`<span class="mono">${wordOf(each)}</span>` : html`<span class="muted">${wordOf(each)}</span>`) },
    { key: 'team', title: t('common.team'), sort: 'team', cell: (each) => html`<span class="mono">${each.team}</span>` },
    { key: 'do', title: t('common.actions'), hideTitle: true, class: 'is-acts', cell: (each) => html`<${Button} small kind="quiet" aria-label=${`${t('common.remove')}: ${each.code} ${wordOf(each)}`} onClick=${() => remove(each)}>${t('common.remove')}</${Button}>` },
  ];
  return html`<${Listed} of=${load} title=${t('admin.numbers.tabs.keywords')} lead=${t('admin.keywords.lead')} label=${t('admin.numbers.tabs.keywords')} icon="message-circle" columns=${columns} query=${query}
      filters=${[{ name: 'code', label: t('admin.keywords.code'), kind: 'search' }]} rowKey=${(each) => `${each.code}/${each.keyword}`}
      empty=${{ title: t('admin.keywords.empty'), text: t('admin.keywords.empty_text') }} add=${{ label: t('admin.keywords.add'), onClick: () => setQuery({ new: 1 }) }}/>
    ${query.new && html`<${FormDialog} title=${t('admin.keywords.add')} lead=${t('admin.keywords.add_lead')} act=${t('admin.keywords.give')} onSubmit=${make}
      onClose=${() => setQuery({ new: undefined }, { replace: true })} fields=${[
        { name: 'code', label: t('admin.keywords.code'), value: code ?? '', required: true, mono: true, inputmode: 'numeric' },
        { name: 'keyword', label: t('admin.keywords.keyword'), value: '', mono: true, help: t('admin.keywords.keyword_help') },
        { name: 'team', label: t('common.team'), value: '', required: true, mono: true, help: t('admin.choices.team_help') },
      ]}/>`}`;
}

/** @param {{query: Record<string, string>}} props */
export default function Numbers({ query }) {
  const tab = Object.hasOwn(TABS, query.tab ?? '') ? query.tab : 'keywords';
  const tabs = Object.keys(TABS).map((each) => ({ id: each, label: t(`admin.numbers.tabs.${each}`) }));
  const turn = (to) => setQuery({ tab: to, new: undefined, code: undefined, sort: undefined });
  return html`<${Page} title=${t('admin.numbers.title')} lead=${t('admin.numbers.lead')} tabs=${html`<${Tabs} label=${t('admin.numbers.title')} tabs=${tabs} value=${tab} onChange=${turn}/>`}>
    <${TABS[tab]} key=${tab} query=${query}/>
  </${Page}>`;
}
