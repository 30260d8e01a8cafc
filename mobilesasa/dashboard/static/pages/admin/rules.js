/** Rules: what a message must have, to which carriers it goes then, and in which order those are tried. */
import { html, useState } from '../../parts/ui.js';
import { del, get, post, put } from '../../parts/api.js';
import { number } from '../../parts/format.js';
import { Menu } from '../../parts/forms.js';
import { useLoad } from '../../parts/load.js';
import { setQuery } from '../../parts/router.js';
import { t } from '../../parts/texts.js';
import { toast } from '../../parts/toasts.js';
import { CarriersField } from './carriers_field.js';
import { optionsOf, orNull, plain, useCarriers } from './choices.js';
import { FormDialog } from './form_dialog.js';
import { Listed, doIt } from './listed.js';

const POLICIES = ['failover', 'weighted', 'least_cost'];
const CLASSES = ['transactional', 'promotional', 'otp'];
const LANES = ['transactional', 'bulk'];
const ORIGINS = ['api', 'smpp'];
const CODINGS = ['gsm7', 'ucs2', 'binary'];
const ASKED = ['prefix', 'network', 'team', 'sender', 'sender_class', 'lane', 'origin', 'coding'];
const WORDED = { sender_class: 'admin.approvals.classes', lane: 'admin.lanes', origin: 'admin.origins', coding: 'admin.codings' };

const valueWords = (name, value) => (WORDED[name] ? t(`${WORDED[name]}.${value}`) : name === 'prefix' ? `+${value}` : value);

/** What a rule asks for, each as a tag. */
export function Conditions({ rule }) {
  const asked = ASKED.filter((name) => rule[name]);
  if (!asked.length) {
    return html`<span class="muted">${t('admin.rules.everything')}</span>`;
  }
  return html`<span class="admin-tags">${asked.map((name) => html`<span key=${name} class="admin-tag"><span class="muted">${t(`admin.rules.${name}`)}</span> ${valueWords(name, rule[name])}</span>`)}</span>`;
}

function Targets({ rule }) {
  const sum = rule.carriers.reduce((all, each) => all + each.weight, 0);
  return html`<ol class="admin-targets">${rule.carriers.map((each, nth) => html`<li key=${each.name}>
    ${rule.policy === 'failover' && rule.carriers.length > 1 && html`<span class="muted num">${nth + 1}.</span> `}${each.name}${
      rule.policy === 'weighted' && html` <span class="muted num">${t('admin.rules.share', { n: each.weight, of: sum })}</span>`}</li>`)}</ol>`;
}

const columns = (act) => [
  {
    key: 'rule', title: t('admin.rules.rule'), sort: 'priority', width: '8rem',
    cell: (each) => html`${t('admin.rules.named', { id: each.id })}<div class="small muted num">${t('admin.rules.at_priority', { n: number(each.priority) })}</div>`,
  },
  { key: 'asks', title: t('admin.rules.asks'), cell: (each) => html`<${Conditions} rule=${each}/>` },
  { key: 'carriers', title: t('admin.rules.carriers'), cell: (each) => html`<${Targets} rule=${each}/>` },
  { key: 'policy', title: t('admin.rules.policy'), sort: 'policy', cell: (each) => t(`admin.rules.policies.${each.policy}`) },
  {
    key: 'do', title: t('common.actions'), hideTitle: true, class: 'is-acts', width: '3rem',
    cell: (each) => html`<${Menu} small label=${`${t('common.actions')}: ${t('admin.rules.named', { id: each.id })}`} items=${[
      { label: t('admin.rules.change'), icon: 'pencil', onClick: () => act.change(each) },
      { label: t('admin.rules.copy'), icon: 'copy', onClick: () => act.copy(each) },
      { label: t('admin.rules.remove'), icon: 'trash', danger: true, onClick: () => act.remove(each) },
    ]}/>`,
  },
];

const policies = () => POLICIES.map((each) => ({ value: each, label: t(`admin.rules.policies.${each}`), help: t(`admin.rules.policies_help.${each}`) }));

const select = (name, words, below, rule) => ({
  name, label: t(`admin.rules.${name}`), kind: 'select', value: rule[name] ?? '', options: optionsOf(words, below), placeholder: t('admin.rules.any'),
});

const fieldsOf = (rule, carriers) => [
  { name: 'carriers', label: t('admin.rules.carriers'), control: CarriersField, value: rule.carriers ?? [], carriers },
  { name: 'policy', label: t('admin.rules.policy'), kind: 'radios', columns: true, value: rule.policy ?? 'failover', options: policies() },
  { name: 'priority', label: t('admin.rules.priority'), kind: 'number', min: 0, value: rule.priority ?? 100, required: true, help: t('admin.rules.priority_help') },
  { name: 'prefix', label: t('admin.rules.prefix'), value: rule.prefix ?? '', mono: true, help: t('admin.rules.prefix_help') },
  { name: 'network', label: t('admin.rules.network'), value: rule.network ?? '', help: t('admin.rules.network_help') },
  { name: 'team', label: t('admin.rules.team'), value: rule.team ?? '', help: t('admin.rules.team_help') },
  { name: 'sender', label: t('admin.rules.sender'), value: rule.sender ?? '' },
  select('sender_class', CLASSES, 'admin.approvals.classes', rule),
  select('lane', LANES, 'admin.lanes', rule),
  select('origin', ORIGINS, 'admin.origins', rule),
  select('coding', CODINGS, 'admin.codings', rule),
];

const bodyOf = (said) => {
  const asked = Object.fromEntries(ASKED.map((name) => [name, orNull(said[name])]));
  return { ...asked, prefix: plain(said.prefix), policy: said.policy, priority: said.priority, carriers: said.carriers };
};

function RuleDialog({ rule, again, onClose }) {
  const carriers = useCarriers();
  const save = async (said) => {
    if (rule.id) {
      await put(`/admin/rules/${rule.id}`, bodyOf(said));
      toast(t('common.saved'), { kind: 'good', undo: async () => { await put(`/admin/rules/${rule.id}`, bodyOf(rule)); await again(); } });
    } else {
      const made = await post('/admin/rules', bodyOf(said));
      toast(t('admin.rules.made', { id: made.id }), { kind: 'good', undo: async () => { await del(`/admin/rules/${made.id}`); await again(); } });
    }
    await again();
  };
  return html`<${FormDialog} wide columns title=${rule.id ? t('admin.rules.change_title', { id: rule.id }) : t('admin.rules.add')} lead=${t('admin.rules.add_lead')}
    act=${t(rule.id ? 'common.save' : 'admin.rules.make')} fields=${fieldsOf(rule, carriers)} onSubmit=${save} onClose=${onClose}/>`;
}

/** @param {{query: Record<string, string>}} props */
export function Rules({ query }) {
  const load = useLoad((signal) => get('/admin/rules', {}, { signal }), [], { everyS: 30 });
  const [changed, setChanged] = useState(null);
  const remove = (rule) => doIt({
    question: { title: t('admin.rules.remove_title', { id: rule.id }), text: t('admin.rules.remove_text'), act: t('admin.rules.remove') },
    act: () => del(`/admin/rules/${rule.id}`), done: t('admin.rules.removed', { id: rule.id }), again: load.again, undo: () => post('/admin/rules', bodyOf(rule)),
  });
  const close = () => {
    setChanged(null);
    if (query.new) {
      setQuery({ new: undefined }, { replace: true });
    }
  };
  const act = { change: setChanged, copy: ({ id, ...rest }) => setChanged(rest), remove };
  return html`<${Listed} of=${load} title=${t('admin.rules.title')} lead=${t('admin.rules.lead')} label=${t('admin.rules.title')} icon="git-branch" columns=${columns(act)} query=${query}
      rowLabel=${(each) => t('admin.rules.named', { id: each.id })} empty=${{ title: t('admin.rules.empty'), text: t('admin.rules.empty_text') }}
      add=${{ label: t('admin.rules.add'), onClick: () => setQuery({ new: 1 }) }}/>
    ${(changed || query.new) && html`<${RuleDialog} rule=${changed ?? {}} again=${load.again} onClose=${close}/>`}`;
}
