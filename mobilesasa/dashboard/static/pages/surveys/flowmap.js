// The map of a survey's flow: a column of questions down to the end, and beside it the ways that do not lead to the next one.
//
// Each such way has a lane of its own beside the column: forward ones to the right, those back to the left.
import { html, cx, useMemo } from '../../parts/ui.js';
import { t } from '../../parts/texts.js';
import { flowOf, troubleOf } from './flow.js';
import { cut, questionName, targetMark, targetName, wayMark, wayWords } from './words.js';

const ROW = 46;
const BOX = { width: 152, height: 30 };
const LANE = 9;
const MARGIN = 12;
const NOTE = 84;

/**
 * Where everything of the map is.
 * @returns {{nodes: object[], edges: object[], left: number, width: number, height: number}}
 */
function layout(draft, flow) {
  const places = new Map(draft.questions.map((question, place) => [question.uuid, place]));
  places.set('end', draft.questions.length);
  const edges = draft.questions.flatMap((question, from) => merged(draft, question, flow.ways.get(question.uuid) ?? []).map((edge) => (
    { ...edge, from, to: places.get(edge.target), id: `${question.uuid} ${edge.target}` })));
  const right = laned(edges.filter((edge) => edge.to > edge.from + 1));
  const left = laned(edges.filter((edge) => edge.to <= edge.from));
  const inset = MARGIN + left * LANE;
  const nodes = [...draft.questions.map((question, place) => ({ question, place, trouble: troubleOf(flow, question.uuid) })), { place: draft.questions.length }];
  return { nodes, edges, left: inset, width: inset + BOX.width + MARGIN + right * LANE + NOTE, height: nodes.length * ROW - ROW + BOX.height + 8 };
}

/** The ways of a question with those to the same place as one. */
function merged(draft, question, ways) {
  const found = new Map();
  for (const way of ways) {
    const known = found.get(way.to) ?? { target: way.to, words: [], marks: [] };
    known.words.push(wayWords(draft, question, way));
    known.marks.push(wayMark(draft, question, way));
    found.set(way.to, known);
  }
  return [...found.values()];
}

/** Give each way the first lane where no other is beside it, short ways first; returns how many lanes there are. */
function laned(edges) {
  const lanes = [];
  for (const edge of [...edges].sort((one, other) => Math.abs(one.to - one.from) - Math.abs(other.to - other.from))) {
    const [low, high] = [Math.min(edge.from, edge.to), Math.max(edge.from, edge.to)];
    const free = lanes.findIndex((taken) => taken.every(([start, end]) => high <= start || low >= end));
    edge.lane = free < 0 ? lanes.length : free;
    (lanes[edge.lane] ??= []).push([low, high]);
  }
  return lanes.length;
}

const middle = (place) => place * ROW + BOX.height / 2 + 4;

/** The line of a way: straight down to the next, or out to its lane, along it, and back. */
function pathOf({ from, to, lane }, left) {
  if (to === from + 1) return `M${left + BOX.width / 2} ${middle(from) + BOX.height / 2}V${middle(to) - BOX.height / 2 - 2}`;
  const onRight = to > from;
  const side = onRight ? left + BOX.width : left;
  const x = onRight ? side + MARGIN + lane * LANE : side - MARGIN - lane * LANE;
  const [start, end] = [middle(from) + 6, middle(to) + (to === from ? -6 : to < from ? 6 : -6)];
  const bend = (onRight ? 1 : -1) * 5;
  const down = end > start ? 5 : -5;
  return `M${side} ${start}H${x - bend}Q${x} ${start} ${x} ${start + down}V${end - down}Q${x} ${end} ${x - bend} ${end}H${side + (onRight ? 2 : -2)}`;
}

/**
 * @param {{draft: object, current?: string|null, onChoose?: (uuid: string) => void}} props current: the question that is being asked
 */
export function FlowMap({ draft, current, onChoose }) {
  const { flow, map } = useMemo(() => {
    const found = flowOf(draft);
    return { flow: found, map: layout(draft, found) };
  }, [draft]);
  if (!draft.questions.length) return html`<p class="muted small">${t('surveys.flow_none')}</p>`;
  const sideways = (place) => map.edges.filter((edge) => edge.from === place && edge.to !== place + 1);
  return html`<div class="sv-map" tabindex="0" role="group" aria-label=${t('surveys.flow')}>
    <svg width=${map.width} height=${map.height} viewBox=${`0 0 ${map.width} ${map.height}`} aria-hidden="true">
      <defs><marker id="sv-arrow" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="6" markerHeight="6" orient="auto-start-reverse"><path d="M0 0L6 3L0 6z"/></marker></defs>
      ${map.edges.map((edge) => html`<path key=${edge.id} class=${cx('sv-edge', !flow.reached.has(draft.questions[edge.from].uuid) && 'is-dead')} d=${pathOf(edge, map.left)}
        marker-end="url(#sv-arrow)"><title>${edge.words.join(' · ')}</title></path>`)}
      ${map.nodes.map((node) => html`<${Node} key=${node.question?.uuid ?? 'end'} ...${node} left=${map.left} current=${current} onChoose=${onChoose}/>`)}
      ${map.nodes.map(({ question, place }) => question && sideways(place).length > 0 && html`<text key=${question.uuid} class="sv-note" x=${map.width - NOTE + 2}
        y=${middle(place) + 4}>
        ${noteOf(draft, sideways(place))}<title>${sideways(place).map((edge) => `${edge.words.join(', ')} ${targetMark(draft, edge.target)}`).join('\n')}</title></text>`)}
    </svg>
    <${FlowInWords} draft=${draft} flow=${flow}/>
  </div>`;
}

const noteOf = (draft, edges) => (edges.length === 1
  ? `${cut(edges[0].marks.join(', '), 11)} ${targetMark(draft, edges[0].target)}`
  : edges.map((edge) => targetMark(draft, edge.target)).join(' '));

function Node({ question, place, trouble, left, current, onChoose }) {
  const y = middle(place) - BOX.height / 2;
  if (!question) {
    return html`<g class="sv-node is-end"><rect x=${left} y=${y} width=${BOX.width} height=${BOX.height} rx="15"/>
      <text x=${left + BOX.width / 2} y=${y + 19} text-anchor="middle">${t('surveys.the_end')}</text></g>`;
  }
  return html`<g class=${cx('sv-node', trouble && `is-${trouble}`, question.uuid === current && 'is-current')} onClick=${() => onChoose?.(question.uuid)}>
    <rect x=${left} y=${y} width=${BOX.width} height=${BOX.height} rx="6"/>
    <text class="sv-number" x=${left + 9} y=${y + 19}>${String(place + 1)}</text>
    <text x=${left + 28} y=${y + 19}>${cut(question.text, 18) || t('surveys.untitled')}</text>
    <title>${question.text}${trouble ? `\n${t(`surveys.fault.${trouble}`)}` : ''}</title>
  </g>`;
}

/** The same as the picture, for who does not see it. */
function FlowInWords({ draft, flow }) {
  return html`<ol class="visually-hidden">
    ${draft.questions.map((question) => {
      const ways = flow.ways.get(question.uuid).map((way) => t('surveys.way', { who: wayWords(draft, question, way), where: targetName(draft, way.to) }));
      const trouble = troubleOf(flow, question.uuid);
      return html`<li key=${question.uuid}>${questionName(draft, question.uuid, 80)}: ${ways.join('; ')}${trouble ? `. ${t(`surveys.fault.${trouble}`)}` : ''}</li>`;
    })}
  </ol>`;
}
