// One response to a survey: what was asked, what came, what it was taken for, and when.
import { html } from '../../parts/ui.js';
import { t, textOr } from '../../parts/texts.js';
import { get } from '../../parts/api.js';
import { canRead } from '../../parts/session.js';
import { Link } from '../../parts/router.js';
import { useLoad, Loaded } from '../../parts/load.js';
import { Skeleton } from '../../parts/states.js';
import { Drawer } from '../../parts/dialogs.js';
import { Facts, Notice, Stack } from '../../parts/page.js';
import { Copy } from '../../parts/copy.js';
import { Status, When, dayTime, duration, phone } from '../../parts/format.js';
import { answerWords } from './words.js';

/** @param {{survey: object, uuid: string, known?: object, onClose: () => void}} props known: as the list has it, until it is read anew */
export function ResponseDrawer({ survey, uuid, known, onClose }) {
  const load = useLoad((signal) => get(`/surveys/${survey.uuid}/responses/${uuid}`, {}, { signal }), [survey.uuid, uuid], { everyS: 10, keep: false });
  const shown = { ...load, data: load.data ?? known };
  return html`<${Drawer} open title=${shown.data ? phone(shown.data.phone) : t('surveys.response')} onClose=${onClose}>
    <${Loaded} of=${shown} skeleton=${html`<${Skeleton} rows=${6}/>`}>${(response) => html`<${Response} survey=${survey} response=${response}/>`}</${Loaded}>
  </${Drawer}>`;
}

function Response({ survey, response }) {
  const { status, reason, started_at: started, finished_at: finished } = response;
  const took = finished && (Date.parse(finished) - Date.parse(started)) / 1000;
  const facts = [
    [t('common.status'), html`<${Status} of=${status}
      label=${t(`surveys.response_status.${status}`)}/> ${reason && html`<span class="muted small">${t(`surveys.reason.${reason}`)}</span>`}`],
    [t('surveys.started'), dayTime(started)],
    finished && [t('surveys.finished'), html`${dayTime(finished)}${took >= 1 && html` <span class="muted small">${t('surveys.took', { time: duration(took) })}</span>`}`],
    [t('surveys.version'), t('surveys.version_over', { number: String(response.version), code: response.code })],
    [t('surveys.id'), html`<span class="sv-id"><span class="mono small truncate">${response.uuid}</span><${Copy} text=${response.uuid} label=${t('surveys.id')}/></span>`],
  ];
  return html`<${Stack}>
    <${Facts} items=${facts.filter(Boolean)}/>
    ${response.waits_for && html`<${Notice} kind="warn"
      title=${t('surveys.waits')}>${textOr(`surveys.waits_for.${response.waits_for}`, t('surveys.waits_other', { code: response.waits_for }))}</${Notice}>`}
    <h3>${t('surveys.answers')}</h3>
    <ol class="sv-story">
      ${response.answers.map((answer, place) => html`<${Answer} key=${answer.question_uuid} answer=${answer} before=${place ? response.answers[place - 1].at : started}/>`)}
      ${status === 'in_progress' && html`<${Waiting} survey=${survey} uuid=${response.question}/>`}
    </ol>
    ${response.others.length > 0 && html`<${Others} others=${response.others}/>`}
    ${canRead('messages') && html`<p><${Link} to=${`/inbox/${encodeURIComponent(response.phone)}`}>${t('surveys.see_thread')}</${Link}></p>`}
  </${Stack}>`;
}

function Answer({ answer, before }) {
  const meant = answerWords(answer);
  const said = meant === valueOf(answer) ? t('surveys.understood', { answer: meant }) : t('surveys.taken_for', { meant, value: valueOf(answer) });
  const tookS = (Date.parse(answer.at) - Date.parse(before)) / 1000;
  return html`<li>
    <p class="sv-asked">${answer.question}</p>
    <p class="sv-raw"><span class="visually-hidden">${t('surveys.raw')}: </span>${answer.raw}</p>
    <p class="small muted">
      ${answer.value === null && html`<span class="warn">${meant}</span> · `}
      ${answer.value !== null && answer.type !== 'text' && html`<span class="sv-meant">${said}</span> · `}
      <${When} at=${answer.at}/>${tookS >= 1 && ` · ${t('surveys.after', { time: duration(tookS) })}`}
    </p>
  </li>`;
}

/** A value as programs get it. */
const valueOf = ({ value }) => (Array.isArray(value) ? value.join(', ') : String(value));

function Waiting({ survey, uuid }) {
  const asked = survey.questions.find((question) => question.uuid === uuid);
  return html`<li class="is-waiting">
    <p class="sv-asked">${asked?.text ?? t('surveys.a_question')}</p>
    <p class="small muted">${t('surveys.waits_for_answer')}</p>
  </li>`;
}

/** What came and was no answer. */
function Others({ others }) {
  return html`<details class="sv-others"><summary>${t('surveys.others', { n: others.length })}</summary>
    <p class="muted small">${t('surveys.others_text')}</p>
    <ul>${others.map((text, place) => html`<li key=${place} class="sv-raw">${text}</li>`)}</ul>
  </details>`;
}
