/** Keeping a draft, publishing it, and taking over what somebody else has kept meanwhile. */
import { useState } from '../../parts/ui.js';
import { get, post, put } from '../../parts/api.js';
import { changedWords, whose } from '../../parts/conflict.js';
import { failed, toast } from '../../parts/toasts.js';
import { t } from '../../parts/texts.js';
import { definitionOf } from './draft.js';

/**
 * @param {object} menu as it was last read
 * @param {object} draft of `useDraft`
 * @param {(menu: object) => void} setMenu takes what the API has answered
 * @returns {{save: () => Promise<object|null>, publish: (note: string) => Promise<boolean>, isBusy: boolean}} null and false: it could not be
 */
export function useSaving(menu, draft, setMenu) {
  const [isBusy, setBusy] = useState(false);

  const keep = async (revision) => {
    const sent = draft.now;
    const answer = await put(`/ussd/menus/${menu.uuid}`, { ...sent, revision });
    setMenu(answer);
    draft.settle(sent, definitionOf(answer));
    return answer;
  };

  const save = () => busy(setBusy, async () => {
    try {
      return await keep(menu.revision);
    } catch (error) {
      if (error.code !== 'menu_changed') throw error;
      return settled(error, { menu, draft, setMenu, keep });
    }
  });

  const publish = async (note) => {
    const kept = draft.isDirty ? await save() : menu;
    if (!kept) return false;
    return Boolean(await busy(setBusy, async () => {
      const answer = await published(menu.uuid, { note, revision: kept.revision }, draft, setMenu);
      if (!answer) return null;
      setMenu(answer);
      toast(t('ussd.published', { version: answer.version }), answer.dials.length ? {} : { link: { label: t('ussd.ask'), to: '/ussd?tab=extensions' } });
      return answer;
    }));
  };
  return { save, publish, isBusy };
}

async function busy(setBusy, fn) {
  setBusy(true);
  try {
    return await fn();
  } catch (error) {
    failed(error);
    return null;
  } finally {
    setBusy(false);
  }
}

/** Somebody else was faster: ask whose draft is to stay. */
async function settled(error, { menu, draft, setMenu, keep }) {
  const theirs = await get(`/ussd/menus/${menu.uuid}`);
  const words = { title: t('ussd.conflict.title'), text: t('ussd.conflict.text', { n: Object.keys(theirs.screens).length }), back: t('ussd.conflict.theirs_text') };
  const chosen = await whose(error, words);
  if (chosen === 'mine') return keep(theirs.revision);
  if (chosen === 'theirs') {
    setMenu(theirs);
    draft.change(definitionOf(theirs));
  }
  return null;
}

/** Publish what stands here; null: somebody else has changed it, and theirs stands here now, to be looked at. */
async function published(uuid, body, draft, setMenu) {
  try {
    return await post(`/ussd/menus/${uuid}/publish`, body);
  } catch (error) {
    if (error.code !== 'menu_changed') throw error;
    const theirs = await get(`/ussd/menus/${uuid}`);
    setMenu(theirs);
    draft.change(definitionOf(theirs));
    toast(`${t('ussd.conflict.title')}. ${changedWords(error)}`, { kind: 'bad', detail: t('ussd.conflict.publish') });
    return null;
  }
}
