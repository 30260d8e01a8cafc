/** Menus to begin with: each is published as it is, or says by its faults what is still to be filled in. */
import { t } from '../../parts/texts.js';

const end = (text, actions = []) => ({ kind: 'end', text, actions });
const choice = (key, label, next, set = {}) => ({ key: String(key), label, next, set });
const asks = (text, variable, type, next, bounds = {}) => ({
  kind: 'input', text, input: { variable, type, min: null, max: null, pattern: null, error: null, ...bounds }, next,
});
const say = (key) => t(`ussd.shapes.${key}`);
const sms = (text) => ({ kind: 'send_sms', to: '{msisdn}', sender_id: '', text });
const webhook = (show, variables = []) => ({ kind: 'webhook', url: '', show, variables });

function blank() {
  return { welcome: { kind: 'choices', text: say('blank.welcome'), choices: [choice(1, say('blank.hours'), 'hours')] }, hours: end(say('blank.open')) };
}

function balance() {
  return {
    welcome: {
      kind: 'choices',
      text: say('balance.welcome'),
      choices: [choice(1, say('balance.ask'), 'look-up'), choice(2, say('balance.statement'), 'statement'), choice(3, say('balance.help'), 'help')],
    },
    'look-up': { kind: 'action', actions: [webhook(true, ['balance'])], next: 'balance' },
    balance: end(say('balance.answer')),
    statement: end(say('balance.sent'), [sms(say('balance.sms'))]),
    help: end(say('balance.call')),
  };
}

function feedback() {
  const marks = [5, 4, 3, 2, 1].map((mark) => choice(6 - mark, say(`feedback.mark${mark}`), 'judge', { mark: String(mark) }));
  return {
    welcome: { kind: 'choices', text: say('feedback.welcome'), choices: marks },
    judge: { kind: 'condition', rules: [{ when: { variable: 'mark', op: 'lte', value: '2' }, next: 'what' }], else: 'thanks' },
    what: asks(say('feedback.what'), 'comment', 'text', 'sorry', { max: 160 }),
    sorry: end(say('feedback.sorry'), [sms(say('feedback.sms'))]),
    thanks: end(say('feedback.thanks')),
  };
}

/** The day on which whoever is 18 today was born. */
function eighteen() {
  const day = new Date();
  day.setFullYear(day.getFullYear() - 18);
  return day.toISOString().slice(0, 10);
}

function registration() {
  return {
    welcome: {
      kind: 'choices',
      text: say('registration.welcome'),
      choices: [choice(1, say('registration.join'), 'name'), choice(2, say('registration.terms'), 'terms')],
    },
    terms: { kind: 'message', text: say('registration.rules'), next: 'name' },
    name: asks(say('registration.name'), 'name', 'text', 'birthday', { min: 2, max: 60 }),
    birthday: asks(say('registration.birthday'), 'birthday', 'date', 'adult'),
    adult: { kind: 'condition', rules: [{ when: { variable: 'birthday', op: 'gt', value: eighteen() }, next: 'young' }], else: 'check' },
    young: end(say('registration.young')),
    check: {
      kind: 'choices',
      text: say('registration.check'),
      choices: [choice(1, say('registration.right'), 'done'), choice(2, say('registration.wrong'), 'name')],
    },
    done: end(say('registration.done'), [sms(say('registration.sms'))]),
  };
}

const SHAPES = { blank, balance, feedback, registration };

/** The names of the shapes, as they are offered. */
export const SHAPE_NAMES = Object.keys(SHAPES);

/** A menu of a shape, to be sent as a new one. */
export function shaped(shape, name, language) {
  return { name, language, start: 'welcome', screens: SHAPES[shape]() };
}
