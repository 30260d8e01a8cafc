/** A menu from a file, or from text that is pasted; what is wrong with it is said in words before anything is done. */
import { html, useState } from '../../parts/ui.js';
import { Button } from '../../parts/buttons.js';
import { Dialog } from '../../parts/dialogs.js';
import { AreaField, FileDrop } from '../../parts/forms.js';
import { Notice } from '../../parts/page.js';
import { t } from '../../parts/texts.js';
import { readFile, readText } from './transfer.js';

/** @param {{open: boolean, title: string, lead: string, act: string, busy?: boolean, error?: Error, onRead: (definition: object) => void, onClose: () => void}} props */
export function ImportDialog({ open, ...props }) {
  return open ? html`<${Import} ...${props}/>` : null;
}

function Import({ title, lead, act, busy, error, onRead, onClose }) {
  const [file, setFile] = useState(null);
  const [text, setText] = useState('');
  const [read, setRead] = useState(null);
  const [wrong, setWrong] = useState('');
  const [seen, setSeen] = useState(null); // an error of what has been changed since
  const refused = error && error !== seen ? error : null;

  const take = async (reading) => {
    setSeen(error);
    try {
      setRead(await reading());
      setWrong('');
    } catch (bad) {
      setRead(null);
      setWrong(bad.message);
    }
  };
  const onFile = (chosen) => {
    setFile(chosen);
    setText('');
    if (chosen) take(() => readFile(chosen));
  };
  const onText = (typed) => {
    setText(typed);
    setFile(null);
    if (typed.trim()) take(async () => readText(typed));
    else take(async () => null);
  };
  const footer = html`
    <${Button} onClick=${onClose}>${t('common.cancel')}</${Button}>
    <${Button} kind="primary" busy=${busy} disabled=${!read} onClick=${() => onRead(read)}>${act}</${Button}>`;
  return html`
    <${Dialog} open title=${title} lead=${lead} onClose=${onClose} footer=${footer}>
      <div class="ussd-settings">
        <${FileDrop} label=${t('ussd.import.file')} accept=".json" file=${file} onFile=${onFile}/>
        <${AreaField} name="json" label=${t('ussd.import.paste')} value=${text} onInput=${onText} rows=${6} mono spellcheck=${false} placeholder=${'{ "name": "…", "start": "…", "screens": { … } }'}/>
        ${wrong && html`<${Notice} kind="bad" live>${wrong}</${Notice}>`}
        ${refused && html`<${Faulty} error=${refused}/>`}
        ${read && !refused && html`<${Notice} kind="good" live>${t('ussd.import.read', { name: read.name, n: Object.keys(read.screens).length })}</${Notice}>`}
      </div>
    </${Dialog}>`;
}

/** What the API found wrong with it, the first of it by its place. */
function Faulty({ error }) {
  const faults = error.extra?.faults ?? [];
  if (!faults.length) return html`<${Notice} kind="bad" live>${error.message}</${Notice}>`;
  return html`
    <${Notice} kind="bad" live title=${t('ussd.import.refused')}>
      <ul>${faults.slice(0, 8).map((each) => html`<li key=${each.field}><code>${each.field}</code> ${each.message}</li>`)}</ul>
    </${Notice}>`;
}
