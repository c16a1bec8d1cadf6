// One configuration's answer: how the query was read, and the hits with what moved, their grades and their reasons.
//
// A side is {name, config, answer or error, hits (at least ten, where there are), shown (as many as the limit says)}.
import * as api from "./api.js";
import { h, marked } from "./dom.js";
import { priceOf, textOf } from "./cards.js";
import { base, num } from "./i18n.js";
import { delta, fixed, fold, letter, nameOf, note, problem } from "./studio-dom.js";
import { ndcg } from "./studio-judge.js";

export const GRADES = ["does not fit", "fits partly", "fits"];
const ms = (x) => `${fixed(x, x < 1 ? 2 : 1)} ms`;
const ids = (side) => side.hits.map((hit) => hit.id);

export function column(side, other, query, act) {
  if (side.error) return [problem(side.error.message)];
  if (!side.answer) return [note("…")];
  return [head(side, other, query, act), reading(side),
    side.answer.total ? h("ol", null, side.shown.map((hit, i) => hitRow(hit, i, side, other, query, act))) : nothing(side), notFound(side, query)];
}

function head(side, other, query, act) {
  const { total, took_ms, explain: x } = side.answer, value = ndcg(ids(side), query), than = other.answer && ndcg(ids(other), query);
  const first = side.hits.slice(0, 10), open = first.filter((hit) => !query.grades.has(hit.id)).length;
  return h("div", { class: "head" },
    h("h2", null, letter(side.name), ` ${num(total)} product${total === 1 ? "" : "s"}`), note(`${ms(took_ms)} (meaning ${ms(x.semantic_ms)}, words ${ms(x.lexical_ms)})`),
    act.canJudge && h("p", { class: "ndcg" }, "nDCG@10 ", h("b", null, fixed(value, 3)), " ", value != null && than != null && side.name === "B" && delta(value - than),
      note(value == null && " no product is judged to fit yet", open > 0 && ` · ${open} of the first ${first.length} not judged`)));
}

const scripts = new Intl.DisplayNames("en", { type: "script" });

/** What the engine made of the query. */
function reading({ config, answer: { query: { q, language, script, identifier }, explain: x } }) {
  if (!q.trim()) return h("p", { class: "n" }, "No query: all products, most popular first.");
  const typed = q.trim().split(/\s+/);
  // Words not parted by blanks are named by what finds them.
  const name = (w, i) => w.word ?? (typed.length === x.words.length ? typed[i] : w.found_by[0] ?? "?");
  const word = (w, i) => {
    const ways = w.found_by.filter((f) => f !== name(w, i).toLowerCase());
    return h("span", { class: w.known ? "word" : "word unknown" }, h("bdi", null, name(w, i)),
      h("small", null, !w.known ? " unknown" : ways.length > 0 && [" as ", h("bdi", null, ways.join(", "))]));
  };
  return h("dl", null,
    h("dt", null, "Read as"), h("dd", null, language === "und" ? "no certain language" : nameOf(language), script !== "Zyyy" && `, ${scripts.of(script)} script`, identifier && `, identifier ${identifier}`),
    x.words.length > 0 && [h("dt", null, "Words"), h("dd", { class: "terms" }, x.words.map(word))],
    config.mode !== "lexical" && (x.evidence > 0 || !identifier) && [h("dt", null, "Meaning"), h("dd", null, `evidence ${fixed(x.evidence, 3)} `, x.evidence < x.noise ? h("b", null, "below") : "above",
      ` noise ${fixed(x.noise, 3)}`, x.floor < 1 && ` · hits from cosine ${fixed(x.floor)} on`)]);
}

function nothing({ config, answer: { query: { q }, explain: x } }) {
  const why = !q.trim() || x.words.some((w) => w.known) ? "" : config.mode === "lexical" ? "The catalogue knows none of its words." : x.evidence < x.noise && "The best product is no nearer to it than to nonsense, so none is shown.";
  return h("div", { class: "none" }, h("h3", null, "Nothing fits"), why && h("p", null, why), config.filter && h("p", null, "The filter counts too: ", h("code", null, config.filter)));
}

/* ---- hits ---- */

function moved(i, name, other, there) {
  if (!other.answer) return null;
  if (there < 0) return h("span", { class: "moved only", title: `not among the first ${other.hits.length} of ${other.name}` }, `only ${name}`);
  const by = there - i, [look, sign, word] = by > 0 ? ["gain", "▲", "up "] : by ? ["loss", "▼", "down "] : ["n", "=", "as in the other"];
  return h("span", { class: "moved " + look, title: `rank ${there + 1} in ${other.name}` }, h("span", { "aria-hidden": "true" }, sign), h("span", { class: "hidden" }, word), by ? Math.abs(by) : "");
}

const meter = (name, x) => h("span", { class: `meter ${name}`, vars: { "--v": Math.min(Math.max(x ?? 0, 0), 1) } }, `${name} ${fixed(x)}`);

function hitRow(hit, i, side, other, query, act) {
  const p = hit.product, key = side.name + hit.id, x = hit.explain, grade = query.grades.get(hit.id), there = other.answer ? ids(other).indexOf(hit.id) : -1;
  const { text, lang } = textOf(p.title, null, p.lang);
  return h("li", { class: "hit", tabindex: -1, "data-key": key, "data-id": hit.id },
    h("div", { class: "rank" }, h("b", null, i + 1), moved(i, side.name, other, there)),
    h("div", null,
      h("h3", { dir: "auto", lang: lang || null }, hit.highlight?.title ? marked(hit.highlight.title) : text || hit.id),
      h("p", { class: "line n" }, p.brand && h("bdi", null, String(p.brand)), priceOf(p), lang && h("span", null, nameOf(base(lang))), h("code", { dir: "auto" }, hit.id)),
      h("div", { class: "why" }, fold(key, h("span", { class: "line" }, x.identifier ? "exact identifier" : [meter("meaning", x.cosine), meter("words", x.lexical)], h("b", null, "score ", fixed(hit.score, 3))),
        () => why(hit, i, side, other, there)))),
    act.canJudge && h("div", { class: "grades", role: "group", "aria-label": `Grade of ${text.slice(0, 80) || hit.id}` }, GRADES.map((label, g) =>
      h("button", { type: "button", class: "g" + g, "data-key": g + key, title: label, "aria-label": `${g}, ${label}`, "aria-pressed": String(grade === g), onclick: () => act.grade(hit.id, grade === g ? null : g) }, g)),
    grade != null && !(grade in GRADES) && note(`judged ${grade}`)));
}

function why(hit, i, side, other, there) {
  const twin = other.hits?.[there], p = hit.product, d = textOf(p.description, null, p.lang);
  const number = (f) => [hit, twin].map((x) => fixed(x && f(x), 4));
  const rows = [["rank", i + 1, there < 0 ? "–" : there + 1], ["score", ...number((x) => x.score)], ["cosine (meaning)", ...number((x) => x.explain.cosine)], ["cosine of the weakest word", ...number((x) => x.explain.weakest_word)],
    ["words, of the best possible", ...number((x) => x.explain.lexical)], ["words, part of the query", ...number((x) => x.explain.coverage)]];
  return [h("table", null, h("thead", null, h("tr", null, h("td"), [side, other].map((s) => h("th", { scope: "col" }, s.name)))),
    h("tbody", null, rows.map(([title, ...cells]) => h("tr", null, h("th", { scope: "row" }, title), cells.map((c) => h("td", null, c)))))),
  p.category && h("p", { dir: "auto" }, [p.category].flat().join(" · ")),
  d.text && h("p", { dir: "auto", lang: d.lang || null }, hit.highlight?.description ? marked(hit.highlight.description) : d.text)];
}

/** What was judged to fit and is not shown; titles are fetched when somebody looks. */
function notFound(side, query) {
  const shown = new Set(side.shown.map((hit) => hit.id));
  const missing = [...query.grades].filter(([id, g]) => g >= 1 && !shown.has(id)).sort((x, y) => y[1] - x[1]);
  if (!missing.length) return null;
  return fold("missing" + side.name, `Judged to fit, but not shown above: ${num(missing.length)}`, () => h("ul", null, missing.slice(0, 50).map(([id, g]) => {
    const title = h("bdi");
    api.product(side.config.index, id).then((p) => (title.textContent = textOf(p.title, null, p.lang).text), (e) => (title.textContent = e.status === 404 ? "(not in this index)" : e.message));
    return h("li", null, h("b", { class: "g" + Math.min(g, 2) }, g), " ", title, " ", h("code", null, id));
  })));
}
