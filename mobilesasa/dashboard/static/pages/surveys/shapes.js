// The shapes that a survey can begin with: questions that are asked often, in the language that is chosen, to be changed at once.
import { t } from '../../parts/texts.js';
import { fromShown, newQuestion, newOption, newRule, OPTIONS, toBody } from './draft.js';

/** What a survey can begin as, with its icon. */
export const SHAPES = [
  { id: 'blank', icon: 'plus' },
  { id: 'csat', icon: 'circle-check' },
  { id: 'nps', icon: 'bar-chart' },
  { id: 'register', icon: 'clipboard-list' },
];

/** The languages that the node itself speaks. */
export const LANGUAGES = ['en', 'sw'];

const MAKERS = { blank: () => [], csat, nps, register };

/**
 * The body of POST /surveys for a shape.
 * @param {{shape: string, name: string, language: string, sender_id: string, keyword: string, team: string}} asked
 */
export function bodyOf({ shape, name, language, sender_id, keyword, team }) {
  const say = (key, values) => t(`surveys.shape.${shape}.${language}.${key}`, values);
  const isBlank = shape === 'blank';
  const draft = {
    ...fromShown({ name, language, sender_id, keyword, introduction: '', thanks: '', texts: {}, options: OPTIONS, questions: [] }),
    introduction: isBlank ? '' : say('introduction', { team }), thanks: isBlank ? '' : say('thanks'), questions: MAKERS[shape](say),
  };
  return toBody(draft);
}

const question = (type, code, text, more = {}) => ({ ...newQuestion(type), code, text, ...more });

const rule = (owner, op, value, next) => ({ ...newRule(owner), when: { question: null, op, value }, next });

/** How satisfied, and why not: who is, is asked nothing more than what was good. */
function csat(say) {
  const why = question('text', 'why', say('why'), { required: false, next: 'end' });
  const good = question('text', 'good', say('good'), { required: false });
  const rating = question('rating', 'rating', say('rating'));
  rating.rules = [rule(rating, 'gte', 4, good.uuid)];
  return [rating, why, good];
}

/** Would they recommend us, and what makes the score. */
function nps(say) {
  const score = question('nps', 'score', say('score'));
  const better = question('text', 'better', say('better'), { required: false, next: 'end' });
  const liked = question('text', 'liked', say('liked'), { required: false });
  score.rules = [rule(score, 'gte', 9, liked.uuid)];
  return [score, better, liked];
}

/** Who somebody is: one question of several kinds. */
function register(say) {
  const options = ['one', 'two', 'three'].map((key) => newOption(say(`option_${key}`)));
  const ready = question('yes_no', 'agrees', say('agrees'));
  ready.rules = [rule(ready, 'eq', false, 'end')];
  return [
    ready,
    question('text', 'name', say('name')),
    question('single_choice', 'area', say('area'), { options }),
    question('date', 'born', say('born'), { required: false }),
  ];
}
