/** Asking for an extension, and saying who answers at one: a menu, a program of the team's, or its SMPP bind. */
import { html, useState } from '../../parts/ui.js';
import { get, put } from '../../parts/api.js';
import { Button } from '../../parts/buttons.js';
import { Code } from '../../parts/copy.js';
import { Dialog } from '../../parts/dialogs.js';
import { AreaField, Form, RadioList, SelectField, TextField } from '../../parts/forms.js';
import { useAct, useLoad } from '../../parts/load.js';
import { postOnce } from '../../parts/once.js';
import { Notice } from '../../parts/page.js';
import { toast } from '../../parts/toasts.js';
import { t } from '../../parts/texts.js';
import { Dial, dialOf } from './dial.js';

const MENUS = 100; // that are offered
const CALL = 'sessionId=01978a3e-…&serviceCode=*384*7%23&phoneNumber=%2B254712345678&networkCode=63902&text=2*0722000111';

/** @param {{codes: object, first: string, onClose: () => void, onDone: () => void}} props codes: a load of all codes that can be seen; first: the one to begin with */
export function AskDialog({ codes, first, onClose, onDone }) {
  const free = (codes.data ?? []).filter((each) => each.isOpen);
  const [code, setCode] = useState(first);
  const [extension, setExtension] = useState('');
  const [note, setNote] = useState('');
  const [answer, setAnswer] = useState({ by: 'later', menu: '', url: '' });
  const chosen = free.find((each) => each.code === code) ?? free[0];
  const isShared = chosen?.type === 'shared';
  const [ask, act] = useAct(async () => {
    const made = await postOnce('/ussd/extensions', { code: chosen.code, extension: isShared ? extension.trim() : '', note: note.trim(), ...said(answer, true) });
    onClose();
    onDone();
    toast(t('ussd.ask.done', { dial: made.dial }));
  });
  const isReady = chosen && (!isShared || extension.trim()) && isSaid(answer);
  const footer = html`
    <${Button} onClick=${onClose}>${t('common.cancel')}</${Button}>
    <${Button} kind="primary" busy=${act.busy} disabled=${!isReady} onClick=${ask}>${t('ussd.ask.act')}</${Button}>`;
  if (codes.data && !free.length) {
    return html`<${Dialog} open title=${t('ussd.ask')} onClose=${onClose} footer=${html`<${Button} onClick=${onClose}>${t('common.close')}</${Button}>`}><p>${t('ussd.codes.none')}</p></${Dialog}>`;
  }
  return html`
    <${Dialog} open title=${t('ussd.ask')} lead=${t('ussd.ask.lead')} onClose=${onClose} footer=${footer}>
      <${Form} onSubmit=${() => isReady && ask()} error=${act.error} busy=${act.busy}>
        <${SelectField} name="code" label=${t('ussd.code')} value=${chosen?.code ?? ''} onInput=${setCode}
          options=${free.map((each) => ({ value: each.code, label: `*${each.code}# · ${t(`ussd.code.${each.type}`)}${each.networks.length ? ` · ${each.networks.join(', ')}` : ''}` }))}/>
        ${isShared && html`
          <${TextField} name="extension" label=${t('ussd.extension')} help=${t('ussd.ask.extension_help')} value=${extension} onInput=${setExtension} required mono inputmode="tel"
            maxlength="40" pattern="[0-9*# ]+" autocomplete="off"/>`}
        ${chosen && html`<p class="ussd-dials-as">${t('ussd.ask.people_dial')} <${Dial} dial=${dialOf(chosen.code, isShared ? extension || '…' : '')}/></p>`}
        <${AnswerFields} answer=${answer} onInput=${setAnswer} none="later"/>
        <${AreaField} name="note" label=${t('ussd.ask.note')} help=${t('ussd.ask.note_help')} value=${note} onInput=${setNote} rows=${2} maxlength="1000"/>
      </${Form}>
    </${Dialog}>`;
}

/** @param {{extension: object, onClose: () => void, onDone: () => void}} props */
export function AnswerDialog({ extension, onClose, onDone }) {
  const [answer, setAnswer] = useState(answerOf(extension));
  const [save, act] = useAct(async () => {
    const was = answerOf(extension);
    const changed = await put(`/ussd/extensions/${extension.uuid}`, said(answer, false));
    onClose();
    onDone();
    const undo = async () => {
      await put(`/ussd/extensions/${extension.uuid}`, said(was, false));
      onDone();
    };
    toast(t('ussd.answer.done', { dial: changed.dial }), { undo });
  });
  const footer = html`
    <${Button} onClick=${onClose}>${t('common.cancel')}</${Button}>
    <${Button} kind="primary" busy=${act.busy} disabled=${!isSaid(answer)} onClick=${save}>${t('common.save')}</${Button}>`;
  return html`
    <${Dialog} open title=${t('ussd.answer.title', { dial: extension.dial })} lead=${t('ussd.answer.lead')} onClose=${onClose} footer=${footer}>
      <${Form} onSubmit=${() => isSaid(answer) && save()} error=${act.error} busy=${act.busy}>
        <${AnswerFields} answer=${answer} onInput=${setAnswer} none="nobody"/>
      </${Form}>
    </${Dialog}>`;
}

function answerOf({ menu, callback_url: url, smpp }) {
  return { by: menu ? 'menu' : url ? 'url' : smpp ? 'smpp' : 'nobody', menu: menu ?? '', url: url ?? '' };
}

/** What is said to the API; of a new extension only what answers, of one that there is also who does not any more. */
function said({ by, menu, url }, isNew) {
  if (by === 'menu') return { menu };
  if (by === 'url') return { callback_url: url.trim() };
  if (by === 'smpp') return { smpp: true };
  return isNew ? {} : { menu: null, callback_url: null, smpp: false };
}

function isSaid({ by, menu, url }) {
  return by === 'menu' ? menu !== '' : by === 'url' ? /^https?:\/\/.+/.test(url.trim()) : true;
}

function AnswerFields({ answer, onInput, none }) {
  const menus = useLoad((signal) => get('/ussd/menus', { page_size: MENUS }, { signal }), []);
  const published = (menus.data?.items ?? []).filter((each) => each.version !== null || each.uuid === answer.menu);
  const options = ['menu', 'url', 'smpp', none].map((value) => ({ value, label: t(`ussd.answer.${value}`), help: t(`ussd.answer.${value}_help`) }));
  const put = (key) => (value) => onInput({ ...answer, [key]: value });
  return html`
    <${RadioList} name="answering" label=${t('ussd.who_answers')} value=${answer.by} onInput=${put('by')} options=${options}/>
    ${answer.by === 'menu' && (menus.data && !published.length
      ? html`<${Notice} kind="warn">${t('ussd.answer.no_menu')}</${Notice}>`
      : html`<${SelectField} name="menu" label=${t('ussd.menu')} value=${answer.menu} onInput=${put('menu')} placeholder=${t('ussd.answer.choose_menu')} required
          options=${published.map((each) => ({ value: each.uuid, label: each.name }))}/>`)}
    ${answer.by === 'url' && html`
      <${TextField} name="callback_url" type="url" label=${t('ussd.answer.address')} help=${t('ussd.answer.address_help')} value=${answer.url} onInput=${put('url')} required placeholder="https://"/>
      <details class="ussd-more">
        <summary>${t('ussd.answer.example')}</summary>
        <p class="small muted">${t('ussd.answer.posted')}</p>
        <${Code} text=${CALL} lang="form" wrap/>
        <p class="small muted">${t('ussd.answer.answers')}</p>
        <${Code} text=${`CON ${t('ussd.answer.sample')}`} lang="text"/>
      </details>`}`;
}
