/** A place to drop a file on, which is a button that chooses one as well. */
import { html, cx, useRef, useState } from './ui.js';
import { Field } from './forms.js';
import { Icon } from './icons.js';
import { octets } from './format.js';
import { t } from './texts.js';

function isTaken(file, accept) {
  const kinds = (accept ?? '').split(',').map((each) => each.trim().toLowerCase()).filter(Boolean);
  const name = file.name.toLowerCase();
  return kinds.length === 0 || kinds.some((each) => (each.startsWith('.') ? name.endsWith(each)
    : file.type === each || (each.endsWith('/*') && file.type.startsWith(each.slice(0, -1)))));
}

/**
 * A file to drop or to choose.
 * @param {{onFile: (file: File|null) => void, accept?: string, maxOctets?: number, label?: string, help?: any, file?: File|null,
 *   disabled?: boolean, error?: string, name?: string, required?: boolean}} props accept: '.csv,.xlsx'; file: the one chosen
 */
export function FileDrop({ onFile, accept, maxOctets, label, help, file, disabled, error, name = 'file', required }) {
  const [over, setOver] = useState(false);
  const [wrong, setWrong] = useState('');
  const input = useRef(null);
  const types = (accept ?? '').replaceAll(',', ', ');
  const taken = (given) => {
    setOver(false);
    if (!given) {
      return;
    }
    if (!isTaken(given, accept)) {
      setWrong(t('common.file_wrong_type', { types }));
    } else if (maxOctets && given.size > maxOctets) {
      setWrong(t('common.file_too_large', { size: octets(given.size), most: octets(maxOctets) }));
    } else {
      setWrong('');
      onFile(given);
    }
  };
  const limits = [types && t('common.file_types', { types }), maxOctets && t('common.file_most', { size: octets(maxOctets) })].filter(Boolean).join(', ');
  const dropped = (event) => {
    event.preventDefault();
    if (!disabled) {
      taken(event.dataTransfer.files[0]);
    }
  };
  const hold = (event) => {
    event.preventDefault();
    setOver(!disabled);
  };
  return html`<${Field} name=${name} label=${label ?? t('common.file')} help=${help} error=${wrong || error} required=${required}>${(tied) => html`
    <div class=${cx('drop', over && 'is-over', file && 'has-file', disabled && 'is-disabled')} onDragEnter=${hold} onDragOver=${hold} onDragLeave=${() => setOver(false)} onDrop=${dropped}>
      <${Icon} name=${file ? 'file-text' : 'upload'} size="large"/>
      ${file
        ? html`<span class="drop-name"><strong class="truncate">${file.name}</strong> <span class="muted num">${octets(file.size)}</span></span>`
        : html`<span class="drop-words">${t('common.file_drop')}</span>`}
      <span class="muted small">${file ? t('common.file_replace') : limits}</span>
      <input ...${tied} required=${required && !file} type="file" class="drop-input" accept=${accept} disabled=${disabled} ref=${input}
        onChange=${(event) => {
          taken(event.target.files[0]);
          event.target.value = '';
        }}/>
    </div>`}</${Field}>`;
}
