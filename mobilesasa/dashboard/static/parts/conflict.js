/** A draft that somebody else has changed since it was read: who did that, and whose draft is to stay. */
import { confirm } from './dialogs.js';
import { relative } from './format.js';
import { t } from './texts.js';

/** Who changed it last, and when, as far as the refusal tells. @param {{extra?: object}} error of the API */
export function changedWords(error) {
  const { changed_by: by, changed_at: at } = error.extra ?? {};
  const name = by?.name || t('common.conflict.somebody');
  return at ? t('common.conflict.who', { name, when: relative(at) }) : t('common.conflict.who_only', { name });
}

/**
 * Ask whose draft is to stay.
 * @param {object} error the refusal
 * @param {{title: string, text: string, back: string}} words what it is about, what theirs has, and whether mine can be had back
 * @returns {Promise<'mine'|'theirs'|null>} null: neither now; mine stays on the page, and is not saved
 */
export async function whose(error, { title, text, back }) {
  const mine = await confirm({ title, text: `${changedWords(error)} ${text}`, act: t('common.conflict.mine'), danger: true });
  if (mine) return 'mine';
  const theirs = await confirm({ title: t('common.conflict.theirs_title'), text: back, act: t('common.conflict.theirs') });
  return theirs ? 'theirs' : null;
}
