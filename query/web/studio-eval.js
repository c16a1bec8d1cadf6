// The evaluation: souk eval of both configurations over the whole set, by language, and which queries it concerns.
import { h, keepFocus } from "./dom.js";
import { num } from "./i18n.js";
import { button, delta, fixed, letter, nameOf, noJudgments, note, problem, queryButton } from "./studio-dom.js";
import * as judgments from "./studio-judge.js";
import { SIDES, bodyOf, describe } from "./studio-state.js";

const MEASURES = { ndcg_10: "nDCG@10", cond_10: "cond@10", mrr_10: "MRR@10", recall_10: "R@10", recall_100: "R@100", p_1: "P@1", judged_10: "judged@10" };
const LISTED = 15;

let results = null; // {a, b, of: {a, b}}: answers, and the settings they are of
let running = null; // {side, controller}
let failed = null;
let measure = "ndcg_10", map = "a"; // shown

async function run(root, ctx) {
  const controller = new AbortController(), done = { of: {} }, state = ctx.state();
  failed = null;
  try {
    for (const side of SIDES) { // one after the other: the service runs one evaluation at a time
      running = { side, controller };
      draw(root, ctx);
      ctx.say(`Evaluating ${side.toUpperCase()}`);
      done.of[side] = { ...state[side] };
      done[side] = await judgments.evaluate({ index: state[side].index, ...bodyOf(state[side]) }, controller.signal);
    }
    results = done;
    ctx.say("The evaluation is done");
  } catch (e) {
    if (e.status === 401) ctx.complain(e); // asks for the key
    if (e.name !== "AbortError") failed = e.code === "busy" ? "The service is busy with another evaluation. Try again in a moment." : `The evaluation failed: ${e.message}`;
  }
  running = null;
  draw(root, ctx);
}

export function draw(root, ctx) {
  const n = judgments.all().length;
  root.setAttribute("aria-busy", String(Boolean(running)));
  if (!ctx.canJudge()) return root.replaceChildren(...noJudgments());
  keepFocus(root, () => root.replaceChildren(
    h("div", { class: "line" }, running ? [button("run", "Stop waiting", () => running.controller.abort()), h("label", null, `Evaluating ${running.side.toUpperCase()}, ${running.side === "a" ? 1 : 2} of 2 `, h("progress"))]
      : [button("run", "Evaluate A and B", () => run(root, ctx), { class: "button strong", disabled: !n }), note(n ? `${num(n)} queries, the first 100 products of each` : "The set is empty: grade some products first.")]),
    failed ? problem(failed) : "", ...(results ? report(root, ctx) : [])));
}

/* ---- the report ---- */

function report(root, ctx) {
  const { a, b, of } = results;
  const then = new Map(a.queries.map((q) => [q.qid, q[measure]])), pairs = [];
  for (const q of b.queries) if (measure in q && then.get(q.qid) != null) pairs.push({ ...q, from: then.get(q.qid), to: q[measure], by: q[measure] - then.get(q.qid) });
  const rows = Object.keys({ ...a.languages, ...b.languages }).map((code) => ({ code, name: nameOf(code), from: a.languages[code], to: b.languages[code] }));
  const choose = (change) => { change(); draw(root, ctx); };
  return [
    h("div", { class: "totals" }, SIDES.map((s) => total(s, results[s], of[s])), difference(a, b, pairs)),
    h("label", null, "Measure ", h("select", { "data-key": "measure", onchange: (e) => choose(() => (measure = e.target.value)) }, Object.entries(MEASURES).map(([value, text]) => h("option", { value, selected: value === measure }, text)))),
    byLanguage(a, b, rows),
    h("div", { class: "tabs", role: "group", "aria-label": "Heat map of" }, [["a", "A"], ["b", "B"], ["d", "B − A"]].map(([key, text]) =>
      button("map:" + key, text, () => choose(() => (map = key)), { "aria-pressed": String(map === key) }))),
    heatMap(rows),
    h("div", { class: "pair" }, movers("Lost most", pairs.filter((p) => p.by < 0).sort((x, y) => x.by - y.by), ctx), movers("Won most", pairs.filter((p) => p.by > 0).sort((x, y) => y.by - x.by), ctx))];
}

const card = (title, figure, ...lines) => h("div", { class: "total" }, h("h2", null, title), h("strong", null, figure), lines.map((line) => h("p", { class: "n" }, line)));

const total = (side, r, config) => card([letter(side), " ", h("bdi", null, describe(config))], fixed(r.all[measure], 4),
  `mean of ${num(r.all.queries)} queries; ${fixed(r.mean_of_languages[measure], 4)} of ${num(r.mean_of_languages.languages)} languages`,
  `${fixed(r.timing.p50_ms)} ms a query (p50), ${fixed(r.timing.p99_ms)} (p99)${r.failed_queries ? `; ${num(r.failed_queries)} queries FAILED and score 0` : ""}${r.refused_lines ? `; ${num(r.refused_lines)} lines refused` : ""}`);

function difference(a, b, pairs) {
  const lost = pairs.filter((x) => x.by < 0).length, won = pairs.filter((x) => x.by > 0).length;
  return card("From A to B", delta(b.all[measure] - a.all[measure], 4), `${num(won)} queries won, ${num(lost)} lost, ${num(pairs.length - won - lost)} as before`);
}

const table = (caption, columns, rows, foot) => h("div", { class: "scroller", role: "region", tabindex: 0, "aria-label": caption }, h("table", { class: "figures" }, h("caption", null, caption),
  h("thead", null, h("tr", null, columns.map((c) => h("th", { scope: "col" }, c)))), h("tbody", null, rows), foot && h("tfoot", null, foot)));
const line = (name, cells) => h("tr", null, h("th", { scope: "row" }, name), cells);

function byLanguage(a, b, rows) {
  const by = (r) => (r.from && r.to ? r.to[measure] - r.from[measure] : null);
  const figures = (name, r, n) => line(name, [num(n), fixed(r.from?.[measure], 4), fixed(r.to?.[measure], 4), by(r) == null ? "–" : delta(by(r), 4)].map((c) => h("td", null, c)));
  return table(`${MEASURES[measure]} by language, worst first`, ["Language", "Queries", "A", "B", "Difference"],
    rows.toSorted((x, y) => (by(x) ?? 9) - (by(y) ?? 9)).map((r) => figures([r.name, note(" " + r.code)], r, (r.to ?? r.from).queries)),
    [figures("All queries", { from: a.all, to: b.all }, b.all.queries), figures("Mean of languages", { from: a.mean_of_languages, to: b.mean_of_languages }, b.mean_of_languages.languages)]);
}

/** The number in each cell says it all; the colour (one hue, or blue and red for gain and loss) helps to find it. */
function heatMap(rows) {
  const cell = ({ from, to }, key) => {
    const v = map === "d" ? from && to && to[key] - from[key] : (map === "a" ? from : to)?.[key];
    if (v == null) return h("td", null, "–");
    if (map !== "d") return h("td", { class: "heat", vars: { "--v": v * v } }, fixed(v));
    return h("td", { class: v < 0 ? "heat less" : "heat plus", vars: { "--v": Math.min(Math.abs(v) * 4, 1) } }, Math.abs(v) < 0.005 ? "0" : (v > 0 ? "+" : "−") + fixed(Math.abs(v)));
  };
  return table(`All measures by language: ${map === "d" ? "B − A" : map.toUpperCase()}`, ["Language", ...Object.values(MEASURES)],
    rows.toSorted((x, y) => x.name.localeCompare(y.name)).map((r) => line(r.name, Object.keys(MEASURES).map((key) => cell(r, key)))));
}

function movers(name, pairs, ctx) {
  const texts = new Map(judgments.all().map((q) => [q.qid, q]));
  const row = (p) => h("li", null, queryButton(name, { ...p, text: texts.get(p.qid)?.text }, `${fixed(p.from, 3)} → ${fixed(p.to, 3)}`, { onclick: () => ctx.open(texts.get(p.qid)), disabled: !texts.has(p.qid) }, delta(p.by)));
  return h("section", null, h("h2", null, `${name} from A to B `, note(MEASURES[measure])), pairs.length ? h("ol", null, pairs.slice(0, LISTED).map(row)) : note("none"));
}
