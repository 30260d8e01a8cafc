/** A webhook's secret, shown once, with the code that checks a signature by it. */
import { html } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';
import { ShownOnce } from '../settings/once.js';
import { VerifyCode } from './verify.js';

/** @param {{secret: string, text: string, title: string, onDone: () => void}} props */
export function SecretShown({ secret, text, title, onDone }) {
  const w = (key) => t(`webhooks.made.${key}`);
  const asked = { title: w('close.title'), text: w('close.text'), act: w('close.act') };
  return html`<${ShownOnce} wide title=${title} text=${text} label=${w('label')} value=${secret} done=${w('done')} close=${asked} onDone=${onDone}>
    <section aria-label=${t('webhooks.verify.title')}>
      <h3>${t('webhooks.verify.title')}</h3>
      <${VerifyCode} secret=${secret}/>
    </section>
  </${ShownOnce}>`;
}
