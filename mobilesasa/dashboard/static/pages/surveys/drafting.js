// The draft that somebody works on: what is written, what is saved, and what the node finds wrong with it, at its places.
import { useCallback, useEffect, useMemo, useRef, useState } from '../../parts/ui.js';
import { get, put } from '../../parts/api.js';
import { whose } from '../../parts/conflict.js';
import { t } from '../../parts/texts.js';
import { useAct } from '../../parts/load.js';
import { fromShown, isSame, toBody } from './draft.js';
import { flowOf, troubleOf } from './flow.js';
import { faultWords } from './words.js';

const OF_QUESTION = /^questions\[(\d+)\](?:\.(.+))?$/;
/** Faults of a question that the builder finds by itself, as it stands now. */
export const OF_FLOW = ['unreachable', 'endless'];

/**
 * Faults with the question that they are of: places change, uuids do not.
 * @param {{field: string, code: string, message: string}[]} faults
 * @param {object} draft in whose order they were told
 */
function located(faults, draft) {
  return faults.map((fault) => {
    const found = OF_QUESTION.exec(fault.field);
    const question = found ? draft.questions[Number(found[1])] : undefined;
    const at = { ...fault, uuid: question?.uuid ?? null, path: question ? found[2] ?? '' : fault.field };
    return { ...at, seen: seen(at, draft), words: faultWords(fault) };
  });
}

/** What stands at the place of a fault, as JSON: when that has changed, the fault may be gone. */
function seen(fault, draft) {
  let value = fault.uuid ? draft.questions.find((question) => question.uuid === fault.uuid) : draft;
  for (const name of fault.path.split(/[.[\]]+/).filter(Boolean)) value = value?.[name];
  return JSON.stringify(value ?? null);
}

/** The faults that still stand in a draft. */
function standing(faults, draft) {
  const flow = flowOf(draft);
  const stands = (fault) => (OF_FLOW.includes(fault.code) ? troubleOf(flow, fault.uuid) === fault.code : seen(fault, draft) === fault.seen);
  return faults.filter(stands);
}

/**
 * What is wrong at a place of a draft, in words.
 * @param {object[]} faults
 * @param {string|null} uuid of the question; null: of the survey
 * @param {string} path
 * @returns {string|undefined}
 */
export function faultAt(faults, uuid, path) {
  return faults.find((fault) => fault.uuid === uuid && fault.path === path)?.words;
}

/** Where somebody else was faster, ask whose draft is to stay; null: mine is not saved. */
async function settled(error, { survey, keep, take, onSaved }) {
  if (error.code !== 'survey_busy') throw error;
  const theirs = await get(`/surveys/${survey.uuid}`);
  const text = t('surveys.conflict_text', { n: theirs.question_count });
  const chosen = await whose(error, { title: t('surveys.foreign'), text, back: t('surveys.conflict_back') });
  if (chosen === 'mine') return keep(theirs.revision);
  if (chosen === 'theirs') take(theirs);
  onSaved(theirs);
  return null;
}

/**
 * Work on the draft of a survey.
 * @param {object} survey as it is known now
 * @param {(survey: object) => void} onSaved is told of it as it was saved
 */
export function useDraft(survey, onSaved) {
  const [draft, setDraft] = useState(() => fromShown(survey));
  const [base, setBase] = useState(draft);
  const [refused, setRefused] = useState([]);
  const [foreign, setForeign] = useState(false);
  const latest = useRef({});
  latest.current = { draft, base };
  const seen = useRef(survey.revision); // that the draft was made of
  const dirty = useMemo(() => !isSame(draft, base), [draft, base]);

  const adopt = useCallback((shown, sent) => {
    const next = fromShown(shown);
    seen.current = shown.revision;
    setBase(next);
    setDraft((now) => (now === sent && !isSame(now, next) ? next : now));
    setRefused([]);
    setForeign(false);
  }, []);

  const show = (shown) => {
    const next = fromShown(shown);
    seen.current = shown.revision;
    setBase(next);
    setDraft(next);
    setRefused([]);
    setForeign(false);
  };

  useEffect(() => {
    const next = fromShown(survey);
    if (isSame(next, latest.current.base)) {
      seen.current = survey.revision;
      return;
    }
    if (isSame(latest.current.draft, latest.current.base)) adopt(survey, latest.current.draft);
    else setForeign(true);
  }, [survey]);

  const [save, act] = useAct(async () => {
    const sent = latest.current.draft;
    const keep = async (revision) => {
      const shown = await put(`/surveys/${survey.uuid}`, { ...toBody(sent), revision });
      adopt(shown, sent);
      onSaved(shown);
      return shown;
    };
    try {
      return await keep(seen.current).catch((error) => settled(error, { survey, keep, take: show, onSaved }));
    } catch (error) {
      if (error.code === 'bad_definition') setRefused(located(error.extra.faults, sent));
      throw error;
    }
  });

  const told = useMemo(() => located(survey.faults, base), [survey.faults, base]);
  const faults = useMemo(() => [...standing(refused, draft), ...(refused.length ? [] : standing(told, draft))], [refused, told, draft]);
  const discard = () => {
    show(survey);
    act.clear();
  };
  const refuse = (found) => setRefused(located(found, latest.current.draft));
  return { draft, base, dirty, faults, refused, foreign, set: setDraft, save, saving: act.busy, error: act.error, discard, refuse };
}
