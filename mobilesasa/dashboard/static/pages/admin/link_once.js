/** The link by which somebody sets a password: shown this once. */
import { html } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';
import { ShownOnce } from '../settings/once.js';

/** @param {{user: {email: string, link_token: string}, onDone: () => void}} props */
export function LinkOnce({ user, onDone }) {
  const address = `${location.origin}/app/link?token=${encodeURIComponent(user.link_token)}`;
  const close = { title: t('admin.users.link_close'), text: t('admin.users.link_close_text'), act: t('common.close') };
  return html`<${ShownOnce} wide title=${t('admin.users.link_title', { email: user.email })} text=${t('admin.users.link_text')} label=${t('admin.users.link')} value=${address}
    done=${t('admin.users.link_done')} close=${close} onDone=${onDone}/>`;
}
