/**
 * The table of pages: where each is, which module shows it, which texts it needs, who may see it, where it is in the menu.
 *
 * scopes: one of them is needed, to read; none: everybody of the team. bare: without the frame, and without a login.
 * title: its key. goKey: `g` and this key lead there. A page without `group` is no place of the menu; `under` is the one that
 * is lit while it is shown.
 */

/** The groups of the menu, in order. */
export const GROUPS = ['messaging', 'people', 'programmes', 'insight', 'build', 'team', 'platform'];

const SENDS = ['messages', 'campaigns', 'team'];

export const PAGES = [
  { path: '/login', module: 'account/login.js', texts: ['account'], title: 'nav.login', bare: true },
  { path: '/link', module: 'account/link.js', texts: ['account'], title: 'nav.link', bare: true },

  { path: '/overview', module: 'overview/overview.js', texts: ['overview'], title: 'nav.overview', group: 'messaging', icon: 'layout-dashboard', goKey: 'o' },
  { path: '/send', module: 'messages/send.js', texts: ['messages', 'composer'], scopes: ['messages'], writes: true, title: 'nav.send', group: 'messaging', icon: 'send', goKey: 's' },
  { path: '/messages', module: 'messages/list.js', texts: ['messages', 'composer'], scopes: ['messages'], title: 'nav.messages', group: 'messaging', icon: 'message-square', goKey: 'm' },
  { path: '/messages/:uuid', module: 'messages/message.js', texts: ['messages', 'composer'], scopes: ['messages'], title: 'nav.message', under: '/messages' },
  { path: '/inbox', module: 'inbox/inbox.js', texts: ['inbox', 'contacts', 'composer'], scopes: ['messages'], title: 'nav.inbox', group: 'messaging', icon: 'inbox', goKey: 'i' },
  { path: '/inbox/:phone', module: 'inbox/thread.js', texts: ['inbox', 'contacts', 'composer'], scopes: ['messages'], title: 'nav.thread', under: '/inbox' },

  { path: '/contacts', module: 'contacts/list.js', texts: ['contacts', 'inbox'], scopes: ['contacts'], title: 'nav.contacts', group: 'people', icon: 'users', goKey: 'c' },
  { path: '/contacts/:uuid', module: 'contacts/contact.js', texts: ['contacts', 'inbox'], scopes: ['contacts'], title: 'nav.contact', under: '/contacts' },
  { path: '/groups', module: 'contacts/groups.js', texts: ['contacts', 'inbox'], scopes: ['groups'], title: 'nav.groups', group: 'people', icon: 'group', goKey: 'r' },
  { path: '/groups/:uuid', module: 'contacts/group.js', texts: ['contacts', 'inbox'], scopes: ['groups'], title: 'nav.group', under: '/groups' },
  { path: '/imports', module: 'imports/list.js', texts: ['imports'], scopes: ['contacts'], title: 'nav.imports', group: 'people', icon: 'upload', goKey: 'f' },
  { path: '/imports/new', module: 'imports/new.js', texts: ['imports'], scopes: ['contacts'], writes: true, title: 'nav.import_new', under: '/imports' },
  { path: '/imports/:uuid', module: 'imports/import.js', texts: ['imports'], scopes: ['contacts'], title: 'nav.import', under: '/imports' },
  { path: '/suppressions', module: 'inbox/suppressions.js', texts: ['inbox', 'contacts'], scopes: ['messages', 'contacts'], title: 'nav.suppressions', group: 'people', icon: 'ban', goKey: 'n' },

  { path: '/campaigns', module: 'campaigns/list.js', texts: ['campaigns'], scopes: ['campaigns'], title: 'nav.campaigns', group: 'programmes', icon: 'megaphone', goKey: 'k' },
  { path: '/campaigns/new', module: 'campaigns/wizard.js', texts: ['campaigns', 'composer'], scopes: ['campaigns'], writes: true, title: 'nav.campaign_new', under: '/campaigns' },
  { path: '/campaigns/:uuid', module: 'campaigns/campaign.js', texts: ['campaigns', 'composer'], scopes: ['campaigns'], title: 'nav.campaign', under: '/campaigns' },
  { path: '/campaigns/:uuid/edit', module: 'campaigns/wizard.js', texts: ['campaigns', 'composer'], scopes: ['campaigns'], writes: true, title: 'nav.campaign', under: '/campaigns' },
  { path: '/surveys', module: 'surveys/list.js', texts: ['surveys'], scopes: ['surveys'], title: 'nav.surveys', group: 'programmes', icon: 'clipboard-list', goKey: 'v' },
  { path: '/surveys/:uuid', module: 'surveys/survey.js', texts: ['surveys', 'composer'], scopes: ['surveys'], title: 'nav.survey', under: '/surveys' },
  { path: '/ussd', module: 'ussd/home.js', texts: ['ussd'], scopes: ['ussd'], title: 'nav.ussd', group: 'programmes', icon: 'hash', goKey: 'd' },
  { path: '/ussd/menus/:uuid', module: 'ussd/menu.js', texts: ['ussd'], scopes: ['ussd'], title: 'nav.ussd_menu', under: '/ussd' },
  { path: '/ussd/sessions', module: 'ussd/sessions.js', texts: ['ussd'], scopes: ['ussd'], title: 'nav.ussd_sessions', under: '/ussd' },
  { path: '/ussd/sessions/:uuid', module: 'ussd/session.js', texts: ['ussd'], scopes: ['ussd'], title: 'nav.ussd_session', under: '/ussd' },

  { path: '/reports', module: 'reports/reports.js', texts: ['reports'], scopes: ['reports'], title: 'nav.reports', group: 'insight', icon: 'bar-chart', goKey: 'e' },
  { path: '/exports', module: 'reports/exports.js', texts: ['reports'], scopes: ['messages', 'contacts', 'campaigns', 'surveys', 'reports'], title: 'nav.exports', group: 'insight', icon: 'download', goKey: 'x' },
  { path: '/units', module: 'settings/units.js', texts: ['units'], scopes: ['reports', 'team'], title: 'nav.units', group: 'insight', icon: 'coins', goKey: 'u' },

  { path: '/senders', module: 'settings/senders.js', texts: ['senders'], scopes: SENDS, title: 'nav.senders', group: 'build', icon: 'tag' },
  { path: '/tokens', module: 'settings/tokens.js', texts: ['tokens'], scopes: ['api_tokens'], title: 'nav.tokens', group: 'build', icon: 'key', goKey: 't' },
  { path: '/smpp', module: 'smpp/smpp.js', texts: ['smpp'], scopes: ['messages'], title: 'nav.smpp', group: 'build', icon: 'plug' },
  { path: '/smpp/:session', module: 'smpp/session.js', texts: ['smpp'], scopes: ['messages'], title: 'nav.smpp_session', under: '/smpp' },
  { path: '/webhooks', module: 'webhooks/list.js', texts: ['webhooks'], scopes: ['webhooks'], title: 'nav.webhooks', group: 'build', icon: 'webhook', goKey: 'w' },
  { path: '/webhooks/:uuid', module: 'webhooks/webhook.js', texts: ['webhooks'], scopes: ['webhooks'], title: 'nav.webhook', under: '/webhooks' },
  { href: '/docs', title: 'nav.docs', group: 'build', icon: 'book-open' },

  { path: '/team', module: 'settings/team.js', texts: ['team'], scopes: ['team'], title: 'nav.team', group: 'team', icon: 'building' },
  { path: '/audit', module: 'settings/audit.js', texts: ['audit', 'account'], scopes: ['team'], title: 'nav.audit', group: 'team', icon: 'scroll', goKey: 'a' },

  ...platform([
    ['', 'home', 'activity'],
    ['/teams', 'teams', 'building'],
    ['/teams/:uuid', 'team'],
    ['/users', 'users', 'users'],
    ['/users/:uuid', 'user'],
    ['/approvals', 'approvals', 'circle-check'],
    ['/carriers', 'carriers', 'radio'],
    ['/carriers/:name', 'carrier'],
    ['/routes', 'routes', 'route'],
    ['/prices', 'prices', 'coins'],
    ['/numbers', 'numbers', 'hash'],
    ['/queues', 'queues', 'list'],
    ['/receipts', 'receipts', 'mail'],
    ['/nodes', 'nodes', 'server'],
    ['/audit', 'audit', 'scroll'],
  ]),
  { path: '/profile', module: 'account/profile.js', texts: ['account'], title: 'nav.profile', icon: 'user', goKey: 'p' },
];

/** The pages of who administers the platform. */
function platform(rows) {
  return rows.map(([path, name, icon]) => ({
    path: `/admin${path}`,
    module: `admin/${name}.js`,
    texts: name === 'audit' ? ['admin', 'audit', 'account'] : ['admin'],
    platform: true,
    title: `nav.admin_${name}`,
    ...(icon ? { group: 'platform', icon } : { under: `/admin/${path.split('/')[1]}` }),
  }));
}
