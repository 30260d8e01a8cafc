/** Why a bind was refused, and what to do: from the reason that the node gives to words for whoever runs the client. */
import { t } from '../../parts/texts.js';

// In order; as smsc/login.py, smsc/passwords.py and smsc/entrance.py say it. `then`: what the page offers.
const REASONS = [
  [/cuts the password to 8/, 'cut', 'password'],
  [/no SMPP password of the team may be used from (\S+)/, 'address', 'password'],
  [/and the team has no SMPP password/, 'no_token', 'password'],
  [/password is no token of the team/, 'wrong_token', 'token'],
  [/the token is revoked or expired/, 'ended', 'token'],
  [/the token has no scope/, 'scope', 'token'],
  [/the team is suspended/, 'suspended', null],
  [/SMPP password is locked|and locked now/, 'locked', 'password'],
  [/SMPP password is revoked/, 'revoked', 'password'],
  [/SMPP password is wrong/, 'wrong_password', 'password'],
  [/the team has its \d+ sessions/, 'sessions', null],
  [/have failed within a minute/, 'often', null],
  [/is away|too many passwords wait/, 'ours', null],
];

/**
 * @param {{reason: string}} refused a bind that was refused
 * @returns {{wrong: string, remedy: string, then: 'password'|'token'|null}}
 */
export function adviceOn({ reason }) {
  const [pattern, name, then] = REASONS.find(([each]) => each.test(reason)) ?? [/(?:)/, 'other', null];
  const address = pattern.exec(reason)?.[1] ?? '';
  return { wrong: t(`smpp.advice.${name}.wrong`, { reason }), remedy: t(`smpp.advice.${name}.remedy`, { address }), then };
}
