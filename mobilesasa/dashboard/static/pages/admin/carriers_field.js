/** The carriers of a rule, in their order, each with its share. */
import { html } from '../../parts/ui.js';
import { Button, Field, IconButton } from '../../parts/forms.js';
import { t } from '../../parts/texts.js';

/**
 * @param {{name: string, label: string, value: {name: string, weight: number}[], onInput: (value: object[]) => void, help?: any, error?: string,
 *   carriers: [string, string][]}} props
 */
export function CarriersField({ value, onInput, carriers, ...frame }) {
  const free = carriers.map(([name]) => name).filter((name) => !value.some((each) => each.name === name));
  const set = (nth, patch) => onInput(value.map((each, at) => (at === nth ? { ...each, ...patch } : each)));
  const move = (nth, by) => {
    const next = [...value];
    [next[nth], next[nth + by]] = [next[nth + by], next[nth]];
    onInput(next);
  };
  const add = () => onInput([...value, { name: free[0], weight: 1 }]);
  return html`<${Field} ...${frame} group>
    <ol class="admin-carriers">
      ${value.map((each, nth) => html`<${Target} key=${each.name} of=${each} nth=${nth} last=${nth === value.length - 1} free=${free} onSet=${(patch) => set(nth, patch)}
        onMove=${(by) => move(nth, by)} onRemove=${() => onInput(value.filter((_, at) => at !== nth))}/>`)}
    </ol>
    <div><${Button} small icon="plus" disabled=${!free.length} onClick=${add}>${t('admin.rules.add_carrier')}</${Button}></div>
  </${Field}>`;
}

function Target({ of: { name, weight }, nth, last, free, onSet, onMove, onRemove }) {
  const choices = [name, ...free];
  return html`<li class="admin-carrier">
    <span class="muted num small">${nth + 1}.</span>
    <select class="input select" aria-label=${t('admin.rules.carrier_n', { n: nth + 1 })} value=${name} onChange=${(event) => onSet({ name: event.target.value })}>
      ${choices.map((each) => html`<option key=${each} value=${each} selected=${each === name}>${each}</option>`)}
    </select>
    <input class="input num admin-weight" type="number" min="0" aria-label=${t('admin.rules.weight_of', { name })} title=${t('admin.rules.weight')} value=${weight}
      onInput=${(event) => onSet({ weight: event.target.value === '' ? 0 : event.target.valueAsNumber })}/>
    <${IconButton} small icon="arrow-up" label=${`${t('common.move_up')}: ${name}`} disabled=${nth === 0} onClick=${() => onMove(-1)}/>
    <${IconButton} small icon="arrow-down" label=${`${t('common.move_down')}: ${name}`} disabled=${last} onClick=${() => onMove(1)}/>
    <${IconButton} small icon="x" label=${`${t('common.remove')}: ${name}`} onClick=${onRemove}/>
  </li>`;
}
