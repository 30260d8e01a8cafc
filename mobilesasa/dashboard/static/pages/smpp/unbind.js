/** Ending a live session, asked for first. */
import { post } from '../../parts/api.js';
import { confirm } from '../../parts/dialogs.js';
import { t } from '../../parts/texts.js';
import { failed, toast } from '../../parts/toasts.js';

/**
 * @param {{id: string, address: string, bind_type: string}} session
 * @param {() => any} then what follows when it was asked to go
 */
export async function unbind(session, then) {
  const sure = await confirm({
    title: t('smpp.unbind.title'),
    text: t('smpp.unbind.text', { bind: t(`smpp.bind.${session.bind_type}`), address: session.address }),
    act: t('smpp.unbind.act'),
    danger: true,
  });
  if (!sure) {
    return;
  }
  try {
    await post(`/smpp/sessions/${encodeURIComponent(session.id)}/unbind`);
    toast(t('smpp.unbind.done', { address: session.address }), { kind: 'good' });
    await then();
  } catch (error) {
    failed(error);
  }
}
