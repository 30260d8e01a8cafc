// What the reference page can do beyond being read: find words, keep a language, and make the calls that it shows.
// Everything is made with DOM methods; nothing of an answer is ever taken for HTML. The token stays in this page.

const byId = (id) => document.getElementById(id);

function made(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// Finding: an article without all the words is hidden, and a section without articles that are left.

export function has(text, words) {
  const within = text.toLowerCase();
  return words.every((word) => within.includes(word));
}

function find(written) {
  const words = written.toLowerCase().split(/\s+/).filter(Boolean);
  let left = 0;
  for (const section of document.querySelectorAll("main > section")) {
    const articles = [...section.querySelectorAll("article")];
    for (const article of articles) article.hidden = !has(article.textContent, words);
    const shown = articles.length ? articles.some((article) => !article.hidden) : has(section.textContent, words);
    section.hidden = !shown;
    left += shown;
  }
  for (const link of document.querySelectorAll("nav a")) {
    const target = byId(link.hash.slice(1));
    link.parentElement.hidden = Boolean(target) && (target.hidden || Boolean(target.closest("[hidden]")));
  }
  byId("nothing").hidden = left > 0;
}

// Languages: one is open, and stays so.

function choose(language) {
  for (const each of document.querySelectorAll("details.sample")) each.open = each.dataset.language === language;
  try {
    localStorage.setItem("reference-language", language);
  } catch {
    // a browser that keeps nothing shows the first one again next time
  }
}

function offerLanguages() {
  const languages = [...new Set([...document.querySelectorAll("details.sample")].map((each) => each.dataset.language))];
  const select = byId("language");
  select.append(...languages.map((language) => made("option", { value: language, textContent: language })));
  let kept = null;
  try {
    kept = localStorage.getItem("reference-language");
  } catch {
    // as above
  }
  if (languages.includes(kept)) {
    select.value = kept;
    choose(kept);
  }
  select.addEventListener("change", () => choose(select.value));
}

// Trying: a form of what the OpenAPI document says of the route.

let whole = null;

async function operationOf(article) {
  whole ??= fetch("/api/v1/openapi.json").then((answer) => answer.json());
  const { method, path } = article.dataset;
  return (await whole).paths[path][method.toLowerCase()];
}

export function addressOf(path, places, query) {
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(places[name] ?? ""));
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ""));
  return `/api/v1${filled}${asked.size ? `?${asked}` : ""}`;
}

function formOf(operation) {
  const form = made("form");
  for (const parameter of operation.parameters.filter((each) => each.in !== "header" || each.name === "Idempotency-Key")) {
    const input = made("input", { name: `${parameter.in} ${parameter.name}`, required: parameter.required && parameter.in === "path" });
    form.append(made("label", {}, parameter.name, input));
  }
  const body = operation.requestBody?.content["application/json"];
  if (body) {
    const text = JSON.stringify(body.example ?? {}, null, 2);
    form.append(made("label", {}, "Body", made("textarea", { name: "body", rows: Math.min(14, text.split("\n").length + 1), value: text })));
  }
  const upload = operation.requestBody?.content["multipart/form-data"];
  if (upload) form.append(made("label", {}, "File", made("input", { name: "file", type: "file" })));
  form.append(made("button", { type: "submit", textContent: "Send" }));
  return form;
}

async function call(article, form, output) {
  const given = Object.fromEntries(new FormData(form));
  const of = (place) =>
    Object.fromEntries(
      Object.entries(given).filter(([name]) => name.startsWith(`${place} `)).map(([name, value]) => [name.slice(place.length + 1), value]),
    );
  const headers = new Headers();
  const token = byId("token").value.trim();
  if (token) headers.set("Authorization", `Bearer ${token}`);
  for (const [name, value] of Object.entries(of("header"))) if (value) headers.set(name, value);
  const options = { method: article.dataset.method, headers, credentials: "omit" };
  if (given.body !== undefined) {
    headers.set("Content-Type", "application/json");
    options.body = given.body;
  } else if (given.file) {
    options.body = new FormData();
    options.body.append("file", given.file);
  }
  const began = performance.now();
  try {
    const answer = await fetch(addressOf(article.dataset.path, of("path"), of("query")), options);
    const text = await answer.text();
    const about = `${answer.status}, ${Math.round(performance.now() - began)} ms, request ${answer.headers.get("X-Request-Id")}`;
    output.textContent = `${about}\n\n${pretty(text)}`;
  } catch (error) {
    output.textContent = `no answer: ${error.message}`;
  }
}

export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function offerToTry(article) {
  const place = made("details", { className: "try" }, made("summary", { textContent: "Try it" }));
  place.addEventListener(
    "toggle",
    async () => {
      const operation = await operationOf(article);
      const form = formOf(operation);
      const output = made("output");
      output.setAttribute("aria-live", "polite");
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        call(article, form, output);
      });
      place.append(form, output);
    },
    { once: true },
  );
  article.querySelector(".refusals").before(place);
}

function begin() {
  byId("tools").hidden = false;
  byId("tools").addEventListener("submit", (event) => event.preventDefault());
  byId("find").addEventListener("input", (event) => find(event.target.value));
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, textarea, select")) {
      event.preventDefault();
      byId("find").focus();
    }
  });
  if (matchMedia("(max-width: 52rem)").matches) byId("contents").open = false;
  offerLanguages();
  document.querySelectorAll("article").forEach(offerToTry);
}

if (typeof document !== "undefined") begin();
