// Small parts that the studio's modules share.
import { h } from "./dom.js";
import { languageName } from "./i18n.js";

export const note = (...children) => h("span", { class: "n" }, ...children);
export const letter = (side) => h("b", { class: "letter" }, side.toUpperCase());
export const button = (key, text, onclick, props) => h("button", { type: "button", class: "button", "data-key": key, onclick, ...props }, text);
export const problem = (text) => h("p", { class: "notes" }, h("span", { class: "error" }, text));
export const nameOf = (code) => (code && code !== "und" ? languageName(code) : "no language");
export const fixed = (x, digits = 2) => (x == null ? "–" : x.toFixed(digits));

export function delta(x, digits = 3) {
  const text = Math.abs(x).toFixed(digits);
  if (!Number(text)) return note("±0");
  return h("span", { class: x > 0 ? "gain" : "loss" }, (x > 0 ? "+" : "−") + text);
}

/** A <details> that is filled when it is opened first, and remembers across drawings that it is open. */
const opened = new Set();
export function fold(key, summary, fill, open) {
  const el = h("details", { open: open || opened.has(key), ontoggle: () => {
    if (!open) opened[el.open ? "add" : "delete"](key);
    unfold();
  } }, h("summary", { "data-key": "fold" + key }, summary));
  const unfold = () => el.open && el.children.length < 2 && el.append(...[fill()].flat().filter(Boolean));
  unfold();
  return el;
}

/** A query of the set, as a button. */
export const queryButton = (key, q, about, props, ...more) =>
  h("button", { type: "button", class: "pick", "data-key": key + q.qid, ...props }, h("bdi", { lang: q.lang }, q.text || "(empty)"), note(`${q.qid} · ${nameOf(q.lang)} · ${about}`), more);

export const noJudgments = () => [
  h("p", null, "This service keeps no judgments, so nothing can be graded or evaluated here. Comparing works all the same."),
  h("p", null, "To keep them, start it with a folder, empty or with queries.tsv and qrels.txt:"),
  h("pre", { tabindex: 0, "aria-label": "Command" }, "souk serve --judgments DIR")];
