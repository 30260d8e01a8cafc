/** Code in several languages, one of them shown; which one is remembered on this machine. */
import { html, useState } from '../../parts/ui.js';
import { Code } from '../../parts/copy.js';
import { Tabs } from '../../parts/forms.js';

const KEPT = 'mobilesasa.code';

function kept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function keep(language) {
  try {
    localStorage.setItem(KEPT, language);
  } catch {
    // nothing is kept in some private windows: the choice holds until the page is left
  }
}

/**
 * @param {{samples: {id: string, label: string, lang: string, text: string}[], label: string}} props
 */
export function CodeTabs({ samples, label }) {
  const [chosen, choose] = useState(kept);
  const shown = samples.find((each) => each.id === chosen) ?? samples[0];
  const onChange = (id) => {
    keep(id);
    choose(id);
  };
  return html`<div class="set-code-tabs">
    <${Tabs} label=${label} tabs=${samples.map(({ id, label: named }) => ({ id, label: named }))} value=${shown.id} onChange=${onChange}/>
    <${Code} text=${shown.text} lang=${shown.lang} copy/>
  </div>`;
}
