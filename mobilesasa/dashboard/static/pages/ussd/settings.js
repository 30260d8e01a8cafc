/** The settings of a menu: its name and language, pages and the way back, going on after a cut, and the platform's own words. */
import { html, useState } from '../../parts/ui.js';
import { Button } from '../../parts/buttons.js';
import { Drawer } from '../../parts/dialogs.js';
import { CheckField, NumberField, SelectField, TextField } from '../../parts/forms.js';
import { t } from '../../parts/texts.js';

/** The words of the platform, by where they are read (`mobilesasa/ussd/words.py`). */
const WORDS = {
  keys: ['more', 'back', 'next'],
  resume: ['resume', 'continue', 'again'],
  ends: ['done', 'over', 'apology'],
  wrong: ['choose', 'text', 'text_between', 'text_least', 'text_most', 'text_pattern', 'number', 'number_between', 'number_least', 'number_most',
    'amount', 'amount_between', 'amount_least', 'amount_most', 'phone', 'date', 'date_between', 'date_least', 'date_most'],
};
const LANGUAGES = ['en', 'sw'];
const OTHER = 'other';
const SCREEN = { least: 100, most: 182 };

/** @param {{open: boolean, draft: object, check: object, disabled: boolean, onClose: () => void}} props */
export function SettingsDialog({ open, ...props }) {
  return open ? html`<${Settings} ...${props}/>` : null;
}

function Settings({ draft, check, disabled, onClose }) {
  const { now, change } = draft;
  const put = (part, value) => change((was) => ({ ...was, [part]: value }), `settings ${part}`);
  const faultOf = (field) => check.faults.find((each) => each.field === field)?.message;
  const options = { resume_minutes: 5, back: true, more: true, screen_septets: SCREEN.most, ...now.options };
  const option = (name) => ({
    name: `options.${name}`, label: t(`ussd.option.${name}`), help: t(`ussd.option.${name}_help`), value: options[name], disabled,
    error: faultOf(`options.${name}`), onInput: (value) => put('options', { ...options, [name]: value }),
  });
  const done = html`<${Button} kind="primary" onClick=${onClose}>${t('ussd.settings.done')}</${Button}>`;
  return html`
    <${Drawer} open title=${t('ussd.settings')} lead=${disabled ? undefined : t('ussd.settings.lead')} onClose=${onClose} footer=${done}>
      <div class="ussd-settings">
        <${TextField} name="name" label=${t('common.name')} value=${now.name} onInput=${(name) => put('name', name)} maxlength="100" required disabled=${disabled}
          error=${now.name.trim() ? faultOf('name') : t('ussd.name_required')}/>
        <${Start} menu=${now} error=${faultOf('start')} disabled=${disabled} onInput=${(start) => put('start', start)}/>
        <${Language} language=${now.language} error=${faultOf('language')} disabled=${disabled} onInput=${(language) => put('language', language)}/>
        <h3 class="ussd-heading">${t('ussd.settings.shown')}</h3>
        <${CheckField} ...${option('more')}/>
        <${CheckField} ...${option('back')}/>
        <${NumberField} ...${option('screen_septets')} min=${SCREEN.least} max=${SCREEN.most} suffix=${t('ussd.septets')}/>
        <${NumberField} ...${option('resume_minutes')} min=${0} max=${60} suffix=${t('ussd.minutes')}/>
        <${Words} texts=${now.texts} faultOf=${faultOf} disabled=${disabled} onInput=${(texts) => put('texts', texts)}/>
      </div>
    </${Drawer}>`;
}

function Start({ menu, ...field }) {
  return html`<${SelectField} name="start" label=${t('ussd.first')} value=${menu.start} options=${Object.keys(menu.screens).map((name) => ({ value: name, label: name }))}
    placeholder=${menu.start ? undefined : t('ussd.first.choose')} ...${field}/>`;
}

function Language({ language, error, disabled, onInput }) {
  const [isOther, setOther] = useState(!LANGUAGES.includes(language));
  const options = [...LANGUAGES.map((each) => ({ value: each, label: t(`ussd.language.${each}`) })), { value: OTHER, label: t('ussd.language.other') }];
  const choose = (chosen) => {
    setOther(chosen === OTHER);
    if (chosen !== OTHER) onInput(chosen);
  };
  return html`
    <${SelectField} name="language" label=${t('ussd.language')} help=${t('ussd.language.help')} value=${isOther ? OTHER : language} options=${options} onInput=${choose}
      error=${isOther ? undefined : error} disabled=${disabled}/>
    ${isOther && html`<${TextField} name="language-code" label=${t('ussd.language.code')} help=${t('ussd.language.code_help')} value=${language} onInput=${(code) => onInput(code.replace(/[^A-Za-z0-9_-]/g, '') || 'en')} error=${error}
      disabled=${disabled} maxlength="20"/>`}`;
}

function Words({ texts, faultOf, disabled, onInput }) {
  const put = (key, text) => onInput(text ? { ...texts, [key]: text } : Object.fromEntries(Object.entries(texts).filter(([each]) => each !== key)));
  const field = (key) => html`
    <${TextField} key=${key} name=${`texts.${key}`} label=${t(`ussd.word.${key}`)} value=${texts[key] ?? ''} onInput=${(text) => put(key, text)} disabled=${disabled}
      maxlength=${WORDS.keys.includes(key) ? 12 : 120} error=${faultOf(`texts.${key}`)}/>`;
  const said = Object.keys(texts).length;
  return html`
    <h3 class="ussd-heading">${t('ussd.words')} ${said > 0 && html`<span class="muted num">${said}</span>`}</h3>
    <p class="small muted">${t('ussd.words.help')}</p>
    ${Object.entries(WORDS).map(([group, keys]) => html`
      <details class="ussd-more" key=${group} open=${keys.some((key) => texts[key])}>
        <summary>${t(`ussd.words.${group}`)}</summary>
        <div class="ussd-settings">${keys.map(field)}</div>
      </details>`)}`;
}
