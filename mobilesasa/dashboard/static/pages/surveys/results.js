// What all answers to a survey come to: how many came through, and a chart a question.
import { html, useMemo } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';
import { get } from '../../parts/api.js';
import { setQuery } from '../../parts/router.js';
import { useLoad, Loaded } from '../../parts/load.js';
import { Empty, Skeleton } from '../../parts/states.js';
import { SelectField, Button } from '../../parts/forms.js';
import { Grid, Row, Stack } from '../../parts/page.js';
import { Bars } from '../../parts/charts.js';
import { Figure, When, number, percent, phone } from '../../parts/format.js';
import { can } from '../../parts/session.js';
import { dayWords } from './words.js';
import { ExportMenu, ExportState, useExport } from './exporting.js';

const TEXTS = 6; // of a question of words that are shown
const READ = 50; // newest responses in which they are looked for

/** The versions of a survey to choose one from, and all of them. */
export function VersionChoice({ survey, value, onInput }) {
  if (survey.version < 2) return null;
  const numbers = Array.from({ length: survey.version }, (_, at) => String(survey.version - at));
  const options = [{ value: '', label: t('surveys.all_versions') }, ...numbers.map((each) => ({ value: each, label: t('surveys.version_n', { number: each }) }))];
  return html`<${SelectField} name="version" label=${t('surveys.version')} value=${value ?? ''} onInput=${onInput} options=${options}/>`;
}

/** @param {{survey: object, query: Record<string, string>}} props */
export function Results({ survey, query }) {
  const { version } = query;
  const load = useLoad((signal) => get(`/surveys/${survey.uuid}/results`, { version }, { signal }), [survey.uuid, version], { everyS: 15 });
  const newest = useLoad((signal) => get(`/surveys/${survey.uuid}/responses`, { version, page_size: READ }, { signal }), [survey.uuid, version], { everyS: 15 });
  const exporting = useExport(survey.uuid, { version });
  const total = load.data ? Object.values(load.data.responses).reduce((sum, each) => sum + each, 0) : null;
  if (!survey.version || (total === 0 && !version)) return html`<${NoAnswers} survey=${survey}/>`;
  return html`<${Stack}>
    <${Row} between wrap>
      <${VersionChoice} survey=${survey} value=${version} onInput=${(next) => setQuery({ version: next })}/>
      <span class="sv-end"><${ExportMenu} exporting=${exporting}/></span>
    </${Row}>
    <${ExportState} exporting=${exporting}/>
    <${Loaded} of=${load} skeleton=${html`<${Skeleton} kind="card" rows=${4}/>`}>
      ${(results) => html`<${Stack}>
        <${Outcome} counts=${results.responses}/>
        <div class="sv-results">${results.questions.map((result, place) => html`<${Result} key=${`${result.question_uuid} ${result.type}`} place=${place}
          result=${result} survey=${survey} responses=${newest.data?.items ?? []}/>`)}</div>
      </${Stack}>`}
    </${Loaded}>
  </${Stack}>`;
}

/** What to do for answers, where there are none. */
export function NoAnswers({ survey }) {
  if (!survey.version) {
    const build = html`<${Button} kind="primary" icon="pencil" onClick=${() => setQuery({ tab: 'build' })}>${t('surveys.go_build')}</${Button}>`;
    return html`<${Empty} icon="bar-chart" title=${t('surveys.no_answers')} text=${t('surveys.no_answers_draft')} action=${build}/>`;
  }
  const people = can('surveys') && survey.status !== 'closed' && html`<${Button} kind="primary" icon="users"
    onClick=${() => setQuery({ tab: 'people' })}>${t('surveys.go_people')}</${Button}>`;
  const begins = survey.keyword ? t('surveys.no_answers_keyword', { keyword: survey.keyword.toUpperCase(), code: survey.sender_id ?? '' }) : t('surveys.no_answers_text');
  return html`<${Empty} icon="bar-chart" title=${t('surveys.no_answers')} text=${begins} action=${people}/>`;
}

function Outcome({ counts }) {
  const { in_progress: under, completed, expired } = counts;
  const through = completed + expired;
  return html`<${Grid} min="10rem">
    <${Figure} label=${t('surveys.completed')} value=${number(completed)} help=${t('surveys.completed_help')}/>
    <${Figure} label=${t('surveys.completion')} value=${through ? percent(completed / through, 0) : '–'} help=${t('surveys.completion_help')}/>
    <${Figure} label=${t('surveys.in_progress')} value=${number(under)} help=${t('surveys.in_progress_help')}/>
    <${Figure} label=${t('surveys.expired')} value=${number(expired)} help=${t('surveys.expired_help')}/>
  </${Grid}>`;
}

const CHARTS = { single_choice: Choices, multiple_choice: Choices, yes_no: YesNo, rating: Rating, nps: Nps, number: Numbers, date: Dates, text: Texts };

function Result({ place, result, survey, responses }) {
  const Chart = CHARTS[result.type];
  const old = !survey.questions.some((question) => question.uuid === result.question_uuid);
  const about = [
    t(`surveys.kind.${result.type}`), t('surveys.answered', { n: result.answered }), result.unanswered > 0 && t('surveys.left', { n: result.unanswered }),
    old && t('surveys.not_in_draft'),
  ];
  return html`<section class="card sv-result" aria-label=${result.question}>
    <h2><span class="sv-place num">${place + 1}</span> ${result.question}</h2>
    <p class="muted small">
      ${about.filter(Boolean).join(' · ')}
    </p>
    ${result.answered ? html`<${Chart} result=${result} responses=${responses}/>` : html`<p class="muted sv-nobody">${t('surveys.nobody_answered')}</p>`}
  </section>`;
}

const barOf = (count, label) => ({ label, value: count.count, text: t('surveys.count_share', { n: count.count, percent: percent(count.share, 0) }) });

function Choices({ result }) {
  const most = Math.max(...result.counts.map((count) => count.count));
  const items = result.counts.map((count) => ({ ...barOf(count, count.label), colour: count.count === most ? 'accent' : 'muted' }));
  return html`<${Bars} label=${result.question} items=${items}/>
    ${result.type === 'multiple_choice' && html`<p class="muted small sv-several-note">${t('surveys.several_note')}</p>`}`;
}

function YesNo({ result }) {
  const items = result.counts.map((count) => ({ ...barOf(count, t(count.value ? 'common.yes' : 'common.no')), colour: count.value ? 'good' : 'bad' }));
  return html`<${Bars} label=${result.question} items=${items}/>`;
}

/** How often each number was given: upright columns. */
function Columns({ counts, label, colourOf }) {
  const most = Math.max(1, ...counts.map((count) => count.count));
  return html`<ol class="sv-columns" aria-label=${label}>
    ${counts.map((count) => html`<li key=${String(count.value)} title=${t('surveys.count_share', { n: count.count, percent: percent(count.share, 0) })}>
      <span class="sv-count num small">${count.count > 0 ? number(count.count) : ''}</span>
      <span class="sv-column" aria-hidden="true"><i class=${`is-${colourOf(count.value)}`} style=${{ height: `${(100 * count.count) / most}%` }}></i></span>
      <span class="num">${number(count.value)}</span>
    </li>`)}
  </ol>`;
}

function Rating({ result }) {
  return html`<div class="sv-scored">
    <${Score} value=${number(result.average, 2)} label=${t('surveys.average')} note=${t('surveys.median_is', { value: number(result.median) })}/>
    <${Columns} counts=${result.counts} label=${result.question} colourOf=${() => 'accent'}/>
  </div>`;
}

function Score({ value, label, note }) {
  return html`<div class="sv-score"><strong class="num">${value}</strong><span class="small">${label}</span>${note && html`<span class="muted small">${note}</span>`}</div>`;
}

const colourOfScore = (value) => (value >= 9 ? 'good' : value >= 7 ? 'warn' : 'bad');

function Nps({ result }) {
  const { score, promoters, passives, detractors } = result.nps;
  const groups = [['bad', 'detractors', detractors], ['warn', 'passives', passives], ['good', 'promoters', promoters]];
  const shareOf = (count) => t('surveys.count_share', { n: count, percent: percent(count / result.answered, 0) });
  const shown = (score > 0 ? '+' : '') + number(Math.round(score));
  return html`<div class="sv-scored">
    <${Score} value=${shown} label=${t('surveys.nps')} note=${t('surveys.nps_range')}/>
    <div>
      <div class="sv-split" aria-hidden="true">${groups.map(([colour, key, count]) => count > 0 && html`<i key=${key} class=${`is-${colour}`}
        style=${{ flexGrow: count }}></i>`)}</div>
      <ul class="sv-legend small">
        ${groups.map(([colour, key, count]) => html`<li key=${key}>
          <i class=${`is-${colour}`} aria-hidden="true"></i>${t(`surveys.${key}`)} <span class="num">${shareOf(count)}</span>
        </li>`)}
      </ul>
      <${Columns} counts=${result.counts} label=${result.question} colourOf=${colourOfScore}/>
    </div>
  </div>`;
}

const list = (facts) => html`<dl class="sv-facts">${facts.map(([label, value]) => html`<div><dt class="muted small">${label}</dt><dd
  class="num">${value}</dd></div>`)}</dl>`;

function Numbers({ result }) {
  const { average, median, min, max } = result;
  const dotted = (name) => html`<i class=${`sv-dot is-${name}`} aria-hidden="true"></i>${t(`surveys.${name}`)}`;
  const facts = [[t('surveys.least'), number(min)], [dotted('median'), number(median)], [dotted('average'), number(average)], [t('surveys.most'), number(max)]];
  return html`${list(facts)}
    ${max > min && html`<${Range} min=${min} max=${max} median=${median} average=${average}/>`}`;
}

/** Where average and median lie between the least and the most. */
function Range({ min, max, median, average }) {
  const at = (value) => ({ left: `${(100 * (value - min)) / (max - min)}%` });
  return html`<div class="sv-range" aria-hidden="true">
    <i class="is-median" style=${at(median)} title=${t('surveys.median')}></i><i class="is-average" style=${at(average)} title=${t('surveys.average')}></i>
  </div>`;
}

function Dates({ result }) {
  return list([[t('surveys.first_day'), dayWords(result.min)], [t('surveys.last_day'), dayWords(result.max)]]);
}

function Texts({ result, responses }) {
  const found = useMemo(() => responses.flatMap((response) => response.answers
    .filter((answer) => answer.question_uuid === result.question_uuid && answer.value !== null)
    .map((answer) => ({ ...answer, phone: response.phone, response: response.uuid }))).slice(0, TEXTS), [responses]);
  const rest = result.answered - found.length;
  return html`<ul class="sv-texts">
    ${found.map((answer) => html`<li key=${answer.response}>
      <blockquote>${answer.raw}</blockquote>
      <button type="button" class="sv-from small" onClick=${() => setQuery({ tab: 'responses', response: answer.response })}>${phone(answer.phone)}</button>
      <span class="muted small"> · <${When} at=${answer.at}/></span>
    </li>`)}
  </ul>
  ${rest > 0 && html`<button type="button" class="sv-from small" onClick=${() => setQuery({ tab: 'responses' })}>${t('surveys.more_texts', { n: rest })}</button>`}`;
}
