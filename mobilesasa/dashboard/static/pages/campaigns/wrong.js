/** What is wrong with something that is no single control, such as a list of groups; the form above does not say it again. */
import { html } from '../../parts/ui.js';
import { useFieldError } from '../../parts/forms.js';
import { Icon } from '../../parts/icons.js';

/** @param {{name: string, error?: string}} props name: the API's name of the field */
export function Wrong({ name, error }) {
  const wrong = useFieldError(name, error);
  return wrong ? html`<p class="field-error" role="alert"><${Icon} name="alert-triangle" /><span>${wrong}</span></p>` : null;
}
