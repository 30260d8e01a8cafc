/** The facts of a message: who, when, in what, and the names by which it is known. */
import { html } from '../../parts/ui.js';
import { Copy } from '../../parts/copy.js';
import { number, phone, When } from '../../parts/format.js';
import { Card, Facts } from '../../parts/page.js';
import { Link } from '../../parts/router.js';
import { canRead } from '../../parts/session.js';
import { t } from '../../parts/texts.js';

/** @param {{story: object}} props a MessageStory */
export function Details({ story }) {
  const facts = [...whoAndWhat(story), ...times(story), ...names(story), ...relations(story), ...tlvs(story)];
  return html`<${Card} title=${t('messages.facts')}>
    <${Facts} class="msg-facts" items=${facts.filter(Boolean).map(([name, value]) => [t(`messages.fact_${name}`), value])} />
  <//>`;
}

/** What can be copied, on one line. */
function Named({ value, label }) {
  return html`<span class="msg-ref"><span class="mono small">${value}</span><${Copy} text=${value} label=${label} /></span>`;
}

function moment(at) {
  return html`<${When} at=${at} exact />`;
}

function whoAndWhat(story) {
  return [
    ['to', html`<${Link} class="num" to=${`/inbox/${story.to}`}>${phone(story.to)}<//>`],
    ['from', story.sender_id],
    ['parts', t('messages.fact_parts_value', { n: story.parts, alphabet: t(`messages.${story.encoding}`) })],
    ['units', t('messages.fact_units_value', { n: story.units })],
    ['attempts', number(story.attempts)],
  ];
}

function times(story) {
  return [
    ['created', moment(story.created_at)],
    story.scheduled_at && ['scheduled', moment(story.scheduled_at)],
    story.sent_at && ['sent', moment(story.sent_at)],
    story.done_at && ['done', moment(story.done_at)],
    !story.done_at && ['expires', moment(story.expires_at)],
  ];
}

function names(story) {
  return [
    story.client_reference && ['reference', html`<${Named} value=${story.client_reference} label=${t('messages.fact_reference')} />`],
    ['uuid', html`<${Named} value=${story.uuid} label=${t('messages.fact_uuid')} />`],
    ['id', html`<${Named} value=${story.message_id} label=${t('messages.fact_id')} />`],
  ];
}

function relations({ campaign_uuid: campaign, resent_from: from, resent_as: as }) {
  const opens = canRead('campaigns') ? html`<${Link} to=${`/campaigns/${campaign}`}>${t('messages.fact_campaign_open')}<//>` : html`<span class="mono small">${campaign}</span>`;
  return [
    campaign && ['campaign', opens],
    from && ['resent_from', html`<${Link} to=${`/messages/${from}`}>${t('messages.fact_an_earlier')}<//>`],
    as && ['resent_as', html`<${Link} to=${`/messages/${as}`}>${t('messages.fact_a_later')}<//>`],
  ];
}

function tlvs({ tlvs: written, tlvs_hex: hex }) {
  const pairs = Object.entries(written || hex || {});
  return pairs.length ? [['tlvs', pairs.map(([tag, value]) => html`<div class="mono small" key=${tag}>${tag}: ${value}</div>`)]] : [];
}
