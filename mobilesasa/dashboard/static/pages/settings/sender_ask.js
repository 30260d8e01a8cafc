/** The request for a sender ID, in a drawer: its name looked at as it is typed, a document, a preview. */
import { html, useState } from '../../parts/ui.js';
import { post, upload } from '../../parts/api.js';
import { Progress } from '../../parts/charts.js';
import { Drawer } from '../../parts/dialogs.js';
import { AreaField, Button, FileDrop, Form, FormActions, RadioList, TextField } from '../../parts/forms.js';
import { useAct } from '../../parts/load.js';
import { Row } from '../../parts/page.js';
import { setQuery, useLeaveGuard } from '../../parts/router.js';
import { country } from '../../parts/session.js';
import { t } from '../../parts/texts.js';
import { toast } from '../../parts/toasts.js';
import { SenderOnPhone, countryName } from './sender_detail.js';

const PURPOSES = ['transactional', 'promotional', 'otp'];
const LETTERS_MAX = 11;
const DIGITS_MAX = 15;
const DOCUMENT_OCTETS = 5 * 1024 * 1024;
const DOCUMENT_KINDS = '.pdf,.png,.jpg,.jpeg';
// As core/sender_names.py has it.
const LETTERS = /^(?=.*[A-Za-z])[A-Za-z0-9_.&-](?:[A-Za-z0-9 _.&-]{0,9}[A-Za-z0-9_.&-])?$/;
const DIGITS = /^[0-9]{1,15}$/;

const close = () => setQuery({ new: undefined });
const most = (name) => (/^[0-9]+$/.test(name) ? DIGITS_MAX : LETTERS_MAX);
const purposes = () => PURPOSES.map((each) => ({ value: each, label: t(`senders.purpose.${each}`), help: t(`senders.purpose_help.${each}`) }));
const words = (text) => text.split(/[\s,;]+/).filter(Boolean);
const names = (text) => text.split(/[,;\n]+/).map((each) => each.trim()).filter(Boolean);

/** What is wrong with a name, in words; undefined: nothing, or nothing yet. */
function wrongName(name, senders) {
  if (!name || LETTERS.test(name) || DIGITS.test(name)) {
    return senders.some((each) => each.name === name) ? t('senders.ask.name_twice') : undefined;
  }
  return name.length > most(name) ? t('senders.ask.name_long', { most: most(name) }) : t('senders.ask.name_bad');
}

function nameHelp(name) {
  return name ? t('senders.ask.name_left', { n: name.length, most: most(name) }) : t('senders.ask.name_help');
}

function countriesSaid(text) {
  const codes = words(text);
  const bad = codes.filter((code) => !/^[A-Za-z]{2}$/.test(code) || !countryName(code));
  if (bad.length) {
    return { error: t('senders.ask.countries_bad', { words: bad.join(', ') }) };
  }
  const known = codes.map(countryName).join(', ');
  const help = known ? t('senders.ask.countries_read', { names: known }) : t('senders.ask.countries_help', { country: countryName(country()) ?? country() });
  return { help };
}

/** A document: dropped or chosen, sent at once, taken away again. */
function DocumentField({ document, onDocument }) {
  const [file, setFile] = useState(null);
  const [part, setPart] = useState(0);
  const [send, act] = useAct(async (given) => {
    const form = new FormData();
    form.append('file', given, given.name);
    setFile(given);
    setPart(0);
    onDocument(null);
    try {
      onDocument(await upload('/sender-ids/documents', form, { onProgress: setPart }));
    } catch (error) {
      setFile(null);
      throw error;
    }
  });
  const remove = () => {
    setFile(null);
    onDocument(null);
  };
  return html`<div class="set-sender-document">
    <${FileDrop} name="document_uuid" label=${t('senders.ask.document')} help=${t('senders.ask.document_help')} accept=${DOCUMENT_KINDS} maxOctets=${DOCUMENT_OCTETS}
      file=${file} onFile=${send} disabled=${act.busy} error=${act.error?.message}/>
    ${act.busy && html`<${Progress} value=${part} max=${1} label=${t('senders.ask.document_sending', { name: file?.name ?? '' })}/>`}
    ${document && html`<${Row} between><span class="small good">${t('senders.ask.document_sent')}</span>
      <${Button} small kind="quiet" icon="x" onClick=${remove}>${t('senders.ask.document_remove')}</${Button}></${Row}>`}
  </div>`;
}

/**
 * @param {{senders: {name: string}[], onDone: () => Promise<void>}} props `senders`: those there are, so that none is asked for twice
 */
export function AskSender({ senders, onDone }) {
  const [said, setSaid] = useState({ name: '', sender_class: 'transactional', countries: '', networks: '', note: '' });
  const [document, setDocument] = useState(null);
  const set = (name) => (value) => setSaid((old) => ({ ...old, [name]: value }));
  const dirty = Boolean(said.name || said.note || document);
  useLeaveGuard(dirty);
  const [request, act] = useAct(async () => {
    const made = await post('/sender-ids', {
      name: said.name.trim(),
      sender_class: said.sender_class,
      countries: words(said.countries),
      networks: names(said.networks),
      note: said.note.trim() || null,
      document_uuid: document?.uuid ?? null,
    });
    toast(t('senders.ask.done', { name: made.name }), { kind: 'good' });
    close();
    await onDone();
  });
  const wrong = wrongName(said.name.trim(), senders);
  const countries = countriesSaid(said.countries);
  return html`<${Drawer} open title=${t('senders.ask.title')} onClose=${close}>
    <${Form} onSubmit=${request} error=${act.error} busy=${act.busy}>
      <${TextField} name="name" label=${t('senders.ask.name')} help=${nameHelp(said.name)} error=${wrong} value=${said.name} onInput=${set('name')} required/>
      <${RadioList} name="sender_class" label=${t('senders.ask.purpose')} value=${said.sender_class} onInput=${set('sender_class')} options=${purposes()}/>
      <${TextField} optional name="countries" label=${t('senders.ask.countries')} ...${countries} value=${said.countries} onInput=${set('countries')}/>
      <${TextField} optional name="networks" label=${t('senders.ask.networks')} help=${t('senders.ask.networks_help')} value=${said.networks} onInput=${set('networks')}/>
      <${AreaField} optional rows=${3} name="note" label=${t('senders.ask.note')} help=${t('senders.ask.note_help')} value=${said.note} onInput=${set('note')}/>
      <${DocumentField} document=${document} onDocument=${setDocument}/>
      <${FormActions}>
        <${Button} kind="primary" type="submit" busy=${act.busy} disabled=${!said.name || Boolean(wrong) || Boolean(countries.error)}>${t('senders.ask.send')}</${Button}>
        <${Button} kind="quiet" onClick=${close}>${t('common.cancel')}</${Button}>
      </${FormActions}>
      ${said.name && !wrong && html`<section aria-label=${t('senders.ask.preview')}>
        <h3 class="small muted set-gap-below">${t('senders.ask.preview')}</h3>
        <${SenderOnPhone} name=${said.name}/>
      </section>`}
    </${Form}>
  </${Drawer}>`;
}
