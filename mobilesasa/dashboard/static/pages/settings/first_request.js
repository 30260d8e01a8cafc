/** "Your first request" in five languages, filled in with a token, a sender and a number of the team's country. */
import { html } from '../../parts/ui.js';
import { get } from '../../parts/api.js';
import { useLoad } from '../../parts/load.js';
import { Stack } from '../../parts/page.js';
import { Link } from '../../parts/router.js';
import { canRead, country, settings } from '../../parts/session.js';
import { rich, t } from '../../parts/texts.js';
import { CodeTabs } from './code_tabs.js';

/** What stands where a token belongs, as in all the documentation. */
export const PLACEHOLDER = 'mbs_your_token_here';
const NUMBERS = { KE: '+254712345678', UG: '+256712345678', TZ: '+255712345678', RW: '+250722345678', NG: '+2348031234567', GH: '+233241234567', ZA: '+27711234567' };
// What a token that does not send can do first, by what it opens.
const READS = [['messages', '/messages'], ['contacts', '/contacts'], ['groups', '/groups'], ['campaigns', '/campaigns'], ['surveys', '/surveys'],
  ['ussd', '/ussd/menus'], ['reports', '/reports/summary'], ['webhooks', '/webhooks'], ['api_tokens', '/tokens'], ['team', '/team/members']];

const json = (value) => JSON.stringify(value);
const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const single = (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** Where the API is, as this page is reached. */
export const apiBase = () => `${location.origin}/api/v1`;

/**
 * The code that sends a message.
 * @param {{base: string, token: string, body: Record<string, string>}} given
 */
export function sending({ base, token, body }) {
  const pairs = Object.entries(body);
  const lines = (made) => pairs.map(made).join('\n');
  return [
    {
      id: 'curl', label: 'curl', lang: 'shell',
      text: `curl -X POST ${base}/messages \\\n  -H "Authorization: Bearer ${token}" \\\n  -H "Content-Type: application/json" \\\n  -d ${shell(JSON.stringify(body, null, 2).replaceAll('\n', '\n  '))}`,
    },
    {
      id: 'python', label: 'Python', lang: 'python',
      text: `import requests\n\nanswer = requests.post(\n    ${json(`${base}/messages`)},\n    headers={"Authorization": ${json(`Bearer ${token}`)}},\n    json={\n${lines(([name, value]) => `        ${json(name)}: ${json(value)},`)}\n    },\n    timeout=30,\n)\nprint(answer.status_code, answer.json())`,
    },
    {
      id: 'php', label: 'PHP', lang: 'php',
      text: `<?php\n$call = curl_init(${single(`${base}/messages`)});\ncurl_setopt_array($call, [\n    CURLOPT_POST => true,\n    CURLOPT_RETURNTRANSFER => true,\n    CURLOPT_HTTPHEADER => [\n        ${single(`Authorization: Bearer ${token}`)},\n        'Content-Type: application/json',\n    ],\n    CURLOPT_POSTFIELDS => json_encode([\n${lines(([name, value]) => `        ${single(name)} => ${single(value)},`)}\n    ]),\n]);\necho curl_exec($call);`,
    },
    {
      id: 'node', label: 'Node.js', lang: 'javascript',
      text: `fetch(${json(`${base}/messages`)}, {\n  method: "POST",\n  headers: {\n    Authorization: ${json(`Bearer ${token}`)},\n    "Content-Type": "application/json",\n  },\n  body: JSON.stringify({\n${lines(([name, value]) => `    ${name}: ${json(value)},`)}\n  }),\n}).then(async (answer) => console.log(answer.status, await answer.json()));`,
    },
    {
      id: 'java', label: 'Java', lang: 'java',
      text: `import java.net.URI;\nimport java.net.http.HttpClient;\nimport java.net.http.HttpRequest;\nimport java.net.http.HttpResponse;\n\npublic class FirstRequest {\n    public static void main(String[] arguments) throws Exception {\n        String body = """\n${JSON.stringify(body, null, 2).replaceAll('\\', '\\\\').replace(/^/gm, '            ')}""";\n        HttpRequest request = HttpRequest.newBuilder(URI.create(${json(`${base}/messages`)}))\n            .header("Authorization", ${json(`Bearer ${token}`)})\n            .header("Content-Type", "application/json")\n            .POST(HttpRequest.BodyPublishers.ofString(body))\n            .build();\n        HttpResponse<String> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());\n        System.out.println(answer.statusCode() + " " + answer.body());\n    }\n}`,
    },
  ];
}

/**
 * The code that reads something.
 * @param {{address: string, token: string}} given
 */
export function reading({ address, token }) {
  return [
    { id: 'curl', label: 'curl', lang: 'shell', text: `curl ${address} \\\n  -H "Authorization: Bearer ${token}"` },
    {
      id: 'python', label: 'Python', lang: 'python',
      text: `import requests\n\nanswer = requests.get(\n    ${json(address)},\n    headers={"Authorization": ${json(`Bearer ${token}`)}},\n    timeout=30,\n)\nprint(answer.status_code, answer.json())`,
    },
    {
      id: 'php', label: 'PHP', lang: 'php',
      text: `<?php\n$call = curl_init(${single(address)});\ncurl_setopt_array($call, [\n    CURLOPT_RETURNTRANSFER => true,\n    CURLOPT_HTTPHEADER => [${single(`Authorization: Bearer ${token}`)}],\n]);\necho curl_exec($call);`,
    },
    {
      id: 'node', label: 'Node.js', lang: 'javascript',
      text: `fetch(${json(address)}, {\n  headers: { Authorization: ${json(`Bearer ${token}`)} },\n}).then(async (answer) => console.log(answer.status, await answer.json()));`,
    },
    {
      id: 'java', label: 'Java', lang: 'java',
      text: `import java.net.URI;\nimport java.net.http.HttpClient;\nimport java.net.http.HttpRequest;\nimport java.net.http.HttpResponse;\n\npublic class FirstRequest {\n    public static void main(String[] arguments) throws Exception {\n        HttpRequest request = HttpRequest.newBuilder(URI.create(${json(address)}))\n            .header("Authorization", ${json(`Bearer ${token}`)})\n            .build();\n        HttpResponse<String> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());\n        System.out.println(answer.statusCode() + " " + answer.body());\n    }\n}`,
    },
  ];
}

/** An approved sender of the team: its default, or another; null: none, or not known. */
function useSender() {
  const chosen = settings.value?.default_sender_id;
  const looks = !chosen && canRead(['messages', 'campaigns', 'team']);
  const load = useLoad(looks ? (signal) => get('/sender-ids', { status: 'approved', page_size: 1 }, { signal }) : null, [chosen]);
  return { name: chosen ?? load.data?.items[0]?.name ?? null, missing: load.data?.items.length === 0 };
}

function firstRead(scopes) {
  const held = scopes.map((each) => each.replace(/:read$/, ''));
  return READS.find(([scope]) => held.includes(scope))?.[1] ?? '/account';
}

/**
 * @param {{token?: string, scopes?: string[]}} props without a token there is a placeholder in its place
 */
export function FirstRequest({ token, scopes = ['messages'] }) {
  const sender = useSender();
  const sends = scopes.includes('messages');
  const given = { base: apiBase(), token: token ?? PLACEHOLDER };
  const body = { to: NUMBERS[country()] ?? NUMBERS.KE, message: t('tokens.first.text'), ...(sender.name && { sender_id: sender.name }) };
  const samples = sends ? sending({ ...given, body }) : reading({ address: given.base + firstRead(scopes), token: given.token });
  const ask = html`<${Link} to="/senders" query=${{ new: 1 }}>${t('tokens.first.sender_link')}</${Link}>`;
  return html`<${Stack} gap=${2}>
    <p class="small muted">${t(sends ? 'tokens.first.send' : 'tokens.first.read')} ${!token && t('tokens.first.placeholder')}</p>
    ${sends && sender.missing && html`<p class="small warn">${rich('tokens.first.sender_missing', { link: ask })}</p>`}
    <${CodeTabs} label=${t('tokens.first.language')} samples=${samples}/>
    <p class="small muted">${rich('tokens.first.reference', { link: html`<a href="/docs" target="_blank" rel="noopener">${t('tokens.first.reference_link')}</a>` })}</p>
  </${Stack}>`;
}
