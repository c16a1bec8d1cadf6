// The studio: one query, two configurations, and judgments of what they find.
//
//     input, click, back button -> go(state) -> address, then search() -> sides -> draw
//
// Both sides are drawn together, since each shows what moved against the other. A judgment changes the page at once and is
// saved behind it; a failure takes it back and says so.
import * as api from "./api.js";
import { $, h, keepFocus } from "./dom.js";
import { GRADES, column } from "./studio-columns.js";
import { button, fold, letter, nameOf, noJudgments, note } from "./studio-dom.js";
import * as evaluation from "./studio-eval.js";
import * as judgments from "./studio-judge.js";
import { drawSet, revealCurrent } from "./studio-set.js";
import { MODES, SIDES, bodyOf, other, read, set, write } from "./studio-state.js";

let state = read(location.search);
let indexes = [], canJudge = false;
let sides = { a: { name: "A" }, b: { name: "B" } };
let query = judgments.find("", ""); // the one that is judged
let running = null;

/* ---- searching ---- */

async function ask(side, signal) {
  const config = { ...state[side] }, of = { name: side.toUpperCase(), config };
  if (!config.index) return { ...of, error: new Error("There is no index yet.") };
  // nDCG@10 wants ten, however few are shown.
  const body = { q: state.q, ...bodyOf(config), limit: Math.max(config.limit, 10), explain: true, highlight: ["title", "description"] };
  return api.search(config.index, body, { signal }).then((answer) => ({ ...of, answer, hits: answer.hits, shown: answer.hits.slice(0, config.limit) }), (error) => ({ ...of, error }));
}

async function search() {
  running?.abort();
  const { signal } = (running = new AbortController());
  const busy = setTimeout(() => document.body.classList.add("busy"), 150);
  const [a, b] = await Promise.all(SIDES.map((side) => ask(side, signal)));
  clearTimeout(busy);
  if (signal.aborted) return;
  document.body.classList.remove("busy");
  sides = { a, b };
  identify();
  draw();
  for (const s of SIDES) $("config-" + s).elements.filter?.setAttribute("aria-invalid", String(sides[s].error?.field === "filter"));
  say([a, b].map((s) => `${s.name}: ${s.error ? s.error.message : `${s.answer.total} products`}`).join(", "));
}

/** Which query of the set this is, or what it would be added as. */
function identify() {
  if (query.text !== state.q || (state.qid && query.qid !== state.qid)) query = judgments.find(state.qid, state.q, (sides.a.answer ?? sides.b.answer)?.query.language);
}

/* ---- drawing ---- */

const mayJudge = () => canJudge && state.q.trim() !== "";
const say = (text) => ($("status").textContent = text);

function draw() {
  const comparing = state.tab === "compare";
  $("compare").hidden = !comparing;
  $("evaluate").hidden = comparing;
  for (const a of document.querySelectorAll("[data-tab]")) a.setAttribute("aria-current", a.dataset.tab === state.tab ? "page" : "false");
  document.title = `${comparing ? state.q || "All products" : "Evaluation"} · souk studio`;
  if (comparing) drawComparison();
  else evaluation.draw($("evaluate"), evaluating);
  if (canJudge) drawSet(query, pick);
}

function drawComparison() {
  const at = document.activeElement?.closest(".hit")?.dataset.key;
  keepFocus($("judging"), () => $("judging").replaceChildren(...judging()));
  keepFocus($("columns"), () => {
    for (const s of SIDES) $("column-" + s).replaceChildren(...column(sides[s], sides[other(s)], query, { canJudge: mayJudge(), grade }).filter(Boolean));
    const hits = [...$("columns").querySelectorAll(".hit")];
    rove(hits.find((li) => li.dataset.key === at) ?? hits[0]);
  });
}

function judging() {
  if (!mayJudge()) return canJudge ? [note("Type a query or pick one to judge its products.")] : [];
  const language = h("input", { "data-key": "lang", value: query.lang, maxlength: 35, onchange: () => (query.lang = language.value.trim() || "und") });
  return [h("span", { class: "grow" }, query.qid ? [h("b", null, query.qid), ` · ${nameOf(query.lang)} · ${query.grades.size || "nothing"} judged`]
    : h("label", null, "New: the first grade adds it to the set, in language ", language)),
  h("span", { class: "n keys" }, "Keys: 0 1 2 grade, arrows move, Enter explains, U undoes"),
  button("undo", "Undo", undo, { disabled: !judgments.canUndo() })];
}

const FIELDS = { filter: ["Filter", 'price < 50 AND lang = "de"'], sort: ["Sort", "price:asc"], limit: ["Limit", "20"], lang: ["Texts in", "any language"] };

function drawConfig(side) {
  const c = state[side], form = $("config-" + side);
  const change = ({ target }) => {
    const config = { ...state[side] };
    set(config, target.name, target.value);
    go({ ...state, [side]: config }, { configs: true });
  };
  const names = new Set(indexes.map((i) => i.name).concat(c.index));
  const select = (name, label, values) => h("select", { name, "aria-label": label, "data-key": side + name, onchange: change }, [...values].map((value) => h("option", { value, selected: value === c[name] }, value)));
  const field = ([name, [label, placeholder]]) => h("label", null, note(label), h("input", { name, value: String(c[name]), placeholder, dir: "auto", autocomplete: "off", "data-key": side + name, onchange: change }));
  const more = [c.filter, c.sort, c.lang].filter(Boolean).join(" · ");
  keepFocus(form, () => form.replaceChildren(
    h("div", { class: "line" }, letter(side), select("mode", "Mode", MODES), select("index", "Index", names)),
    fold("config" + side, h("span", null, "Filter, order, limit ", h("bdi", { class: "n" }, more)), () => h("div", { class: "fields" }, Object.entries(FIELDS).map(field)), more)));
}

function complain(e) {
  const key = h("input", { type: "password", autocomplete: "off", onchange: () => { judgments.useKey(key.value); complain(); } });
  $("problem").replaceChildren(...(e ? [h("p", { class: "error" }, e.message, e.status === 401 && h("label", null, " Write key ", key))] : []));
}

/* ---- judging ---- */

function grade(id, value) {
  complain();
  return settle(query, judgments.grade(query, id, value), value == null ? `${id}: judgment taken away` : `${id}: ${value}, ${GRADES[value]}`);
}

function undo() {
  const step = judgments.undo();
  if (step) settle(step.query, step.saved, `${step.id}: back to ${step.grade ?? "not judged"}`);
}

async function settle(of, saved, text) {
  draw();
  try {
    await saved;
    say(text);
    if (query === of && state.qid !== of.qid) go({ ...state, qid: of.qid }, { replace: true, again: false });
  } catch (e) {
    complain(e);
  }
  draw();
}

/* ---- going places ---- */

function go(next, { replace, configs, again = true } = {}) {
  state = next;
  const link = write(state);
  if (link !== location.search) history[replace ? "replaceState" : "pushState"](null, "", link);
  if (configs) SIDES.forEach(drawConfig);
  if ($("q").value !== state.q) $("q").value = state.q;
  if (again) search();
}

function pick(q) {
  const narrow = matchMedia("(max-width: 63.99rem)").matches, from = state.tab;
  go({ ...state, tab: "compare", q: q.text, qid: q.qid });
  draw();
  if (narrow) $("set").open = false;
  revealCurrent();
  if (!narrow && from === "compare") return;
  scrollTo({ top: 0 });
  $("main").focus({ preventScroll: true });
}

const evaluating = { state: () => state, canJudge: () => canJudge, say, complain, open: pick };

/* ---- events ---- */

let lastTyped = 0, typing = null;
$("q").addEventListener("input", () => {
  const replace = Date.now() - lastTyped < 2000; // letters typed in one go make one entry in the history
  lastTyped = Date.now();
  clearTimeout(typing);
  typing = setTimeout(() => go({ ...state, tab: "compare", q: $("q").value, qid: "" }, { replace }), 120);
});
document.addEventListener("submit", (e) => e.preventDefault());
for (const id of ["find", "find-language"]) $(id).addEventListener("input", () => drawSet(query, pick));
for (const el of document.querySelectorAll("#set-on .link")) el.addEventListener("click", () => judgments.save(el.textContent));
for (const a of document.querySelectorAll("[data-tab]")) a.addEventListener("click", (e) => {
  if (e.ctrlKey || e.metaKey || e.shiftKey) return;
  e.preventDefault();
  go({ ...state, tab: a.dataset.tab }, { again: false });
  draw();
});

// On a narrow page one column is shown at a time.
const shown = [...document.querySelectorAll(".sides button")];
for (const el of shown) el.addEventListener("click", () => {
  $("columns").dataset.shown = el.textContent;
  for (const one of shown) one.setAttribute("aria-pressed", String(one === el));
});

/** Of all hits one is on the way of the Tab key, with its buttons; arrows lead to the others. */
function rove(hit) {
  for (const el of $("columns").querySelectorAll(".hit, .hit button, .hit summary")) el.tabIndex = -1;
  for (const el of hit ? [hit, ...hit.querySelectorAll("button, summary")] : []) el.tabIndex = 0;
}

$("columns").addEventListener("focusin", (e) => {
  const hit = e.target.closest(".hit");
  if (hit) rove(hit);
});

function step(hit, key) {
  const hits = [...hit.parentElement.children], at = hits.indexOf(hit);
  if (key === "ArrowUp" || key === "ArrowDown") return hits[at + (key === "ArrowDown" ? 1 : -1)];
  const there = [...$("column-" + (key === "ArrowRight" ? "b" : "a")).querySelectorAll(".hit")];
  return there.find((li) => li.dataset.id === hit.dataset.id) ?? there[Math.min(at, there.length - 1)];
}

function onHit({ key, target }, hit) {
  const judge = mayJudge(), { id } = hit.dataset;
  if (judge && /^[0-2]$/.test(key)) grade(id, Number(key));
  else if (judge && /^(Delete|Backspace)$/.test(key)) query.grades.has(id) && grade(id, null);
  else if (key === "Enter" && target === hit) hit.querySelector("details").open ^= true;
  else if (/^Arrow/.test(key)) step(hit, key)?.focus();
  else if (key === "Escape") $("q").focus();
  else return false;
  return true;
}

document.addEventListener("keydown", (e) => {
  const hit = e.target.closest(".hit"), command = e.ctrlKey || e.metaKey;
  if (e.target === $("q") && e.key === "ArrowDown") $("columns").querySelector(".hit")?.focus();
  else if (e.isComposing || e.altKey || e.target.matches("input, select")) return;
  else if (mayJudge() && state.tab === "compare" && e.key.toLowerCase() === (command ? "z" : "u")) undo();
  else if (command) return;
  else if (e.key === "/") $("q").select();
  else if (!hit || !onHit(e, hit)) return;
  e.preventDefault();
});

addEventListener("popstate", () => go(complete(read(location.search)), { configs: true, replace: true }));

/* ---- beginning ---- */

/** An address need not name the index, nor the text of a query of the set. */
function complete(s) {
  const first = (indexes.find((i) => i.products > 0) ?? indexes[0])?.name ?? "", all = judgments.all();
  for (const side of SIDES) s[side].index ||= first;
  const known = s.q ? null : s.qid ? all.find((q) => q.qid === s.qid) : location.search ? null : all[0];
  return known ? { ...s, q: known.text, qid: known.qid } : s;
}

async function begin() {
  $("set").open = matchMedia("(min-width: 64rem)").matches;
  try {
    [{ indexes }, canJudge] = await Promise.all([api.indexes(), judgments.load()]);
  } catch (e) {
    complain(e);
  }
  $("set-on").hidden = !canJudge;
  $("set-off").hidden = canJudge;
  if (!canJudge) $("set-off").append(...noJudgments());
  state = complete(state);
  SIDES.forEach(drawConfig);
  $("q").value = state.q;
  draw();
  await search();
  revealCurrent();
}

begin();
