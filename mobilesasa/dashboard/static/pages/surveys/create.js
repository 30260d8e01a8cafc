// A new survey: what it is called, what it begins as, who asks and by which word it begins.
import { html, useState } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';
import { get } from '../../parts/api.js';
import { canRead, team } from '../../parts/session.js';
import { go, Link } from '../../parts/router.js';
import { useLoad, useAct } from '../../parts/load.js';
import { postOnce } from '../../parts/once.js';
import { Dialog } from '../../parts/dialogs.js';
import { Form, FormActions, TextField, SelectField, Button } from '../../parts/forms.js';
import { Notice } from '../../parts/page.js';
import { Icon } from '../../parts/icons.js';
import { LANGUAGES, SHAPES, bodyOf } from './shapes.js';

const EMPTY = { shape: 'csat', name: '', language: 'en', sender_id: '', keyword: '' };
const canSeeSenders = () => ['messages', 'campaigns', 'team'].some(canRead);

/**
 * The codes and numbers that people can answer to: approved senders of digits; null: they may not be looked at.
 * @returns {{codes: string[]|null, loading: boolean}}
 */
export function useCodes() {
  const seen = canSeeSenders();
  const load = useLoad((signal) => (seen ? get('/sender-ids', { status: 'approved', page_size: 100 }, { signal }) : Promise.resolve(null)), [seen]);
  const codes = load.data?.items.map((sender) => sender.name).filter((name) => /^\+?\d+$/.test(name)) ?? null;
  return { codes, loading: load.loading && !load.data };
}

/**
 * The code that asks: one of those that there are, or digits where they may not be looked at.
 * @param {{codes: string[]|null, name: string, value: string, onInput: (code: string) => void, error?: string, help?: string}} props
 */
export function CodeField({ codes, ...props }) {
  const label = t('surveys.code');
  if (codes === null) return html`<${TextField} ...${props} label=${label}/>`;
  const known = props.value && !codes.includes(props.value) ? [...codes, props.value] : codes;
  const options = [{ value: '', label: t('surveys.code_none') }, ...known.map((code) => ({ value: code, label: code }))];
  return html`<${SelectField} ...${props} label=${label} options=${options}/>`;
}

/** @param {{onClose: () => void}} props */
export function CreateSurvey({ onClose }) {
  const [asked, setAsked] = useState(EMPTY);
  const { codes, loading } = useCodes();
  const set = (patch) => setAsked((was) => ({ ...was, ...patch }));
  const code = asked.sender_id || (codes?.length === 1 ? codes[0] : '');
  const [create, act] = useAct(async () => {
    const body = bodyOf({ ...asked, sender_id: code, name: asked.name.trim(), team: team.value?.name ?? '' });
    const survey = await postOnce('/surveys', body);
    go(`/surveys/${survey.uuid}`, {}, { replace: true });
  });
  return html`<${Dialog} open title=${t('surveys.new')} onClose=${onClose} wide>
    <${Form} onSubmit=${create} error=${act.error} busy=${act.busy}>
      <${TextField} name="name" label=${t('surveys.name')} help=${t('surveys.name_help')} value=${asked.name} onInput=${(name) => set({ name })} required autofocus
        maxlength=${200}/>
      <${Shapes} value=${asked.shape} onInput=${(shape) => set({ shape })}/>
      <div class="sv-three">
        <${SelectField} name="language" label=${t('surveys.language')} value=${asked.language} onInput=${(language) => set({ language })}
          options=${LANGUAGES.map((value) => ({ value, label: t(`surveys.language_of.${value}`) }))}/>
        <${CodeField} codes=${codes} name="sender_id" value=${code} onInput=${(sender_id) => set({ sender_id })}/>
        <${TextField} name="keyword" label=${t('surveys.keyword')} value=${asked.keyword} onInput=${(keyword) => set({ keyword })}
          help=${t('surveys.keyword_help_short')} maxlength=${20}/>
      </div>
      ${!loading && codes?.length === 0 && html`<${NoCode}/>`}
      <${FormActions}>
        <${Button} onClick=${onClose}>${t('common.cancel')}</${Button}>
        <${Button} kind="primary" type="submit" busy=${act.busy} disabled=${!asked.name.trim()}>${t('surveys.create')}</${Button}>
      </${FormActions}>
    </${Form}>
  </${Dialog}>`;
}

/** What to do for a code that people can answer to. */
export function NoCode() {
  return html`<${Notice} kind="info" title=${t('surveys.no_codes')}
    action=${html`<${Link} to="/senders">${t('surveys.no_codes_link')}</${Link}>`}>${t('surveys.no_codes_text')}</${Notice}>`;
}

function Shapes({ value, onInput }) {
  return html`<fieldset class="sv-shapes">
    <legend>${t('surveys.begin_with')}</legend>
    <div class="sv-shape-grid">
      ${SHAPES.map(({ id, icon }) => html`<label class="sv-shape" key=${id}>
        <input type="radio" name="shape" value=${id} checked=${value === id} onChange=${() => onInput(id)}/>
        <${Icon} name=${icon}/>
        <span><strong>${t(`surveys.shape.${id}.title`)}</strong><span class="muted small">${t(`surveys.shape.${id}.text`)}</span></span>
      </label>`)}
    </div>
  </fieldset>`;
}
