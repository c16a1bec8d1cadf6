// The list of the set's queries: by need (a query and its translations), in one language, or those that hold a text.
import { $, h, keepFocus } from "./dom.js";
import { num } from "./i18n.js";
import { fold, nameOf, note, queryButton } from "./studio-dom.js";
import * as judgments from "./studio-judge.js";

const SHOWN_MAX = 200;

export function drawSet(current, pick) {
  const all = judgments.all(), select = $("find-language"), language = select.value, words = $("find").value.toLowerCase().trim();
  const languages = [...new Set(all.map((q) => q.lang))].map((code) => [code, nameOf(code)]).sort((x, y) => x[1].localeCompare(y[1]));
  $("set-count").textContent = num(all.length);
  select.replaceChildren(...[["", "all languages"], ...languages].map(([value, name]) => h("option", { value, selected: value === language }, name)));
  const needs = new Map(), texts = new Map(all.map((q) => [q.qid, q]));
  for (const q of all) {
    if ((language && q.lang !== language) || !`${q.qid} ${q.text}`.toLowerCase().includes(words)) continue;
    if (!needs.has(q.base)) needs.set(q.base, []);
    needs.get(q.base).push(q);
  }
  const row = (q) => h("li", null, queryButton("pick:", q, `${q.grades.size || "none"} judged`, { "aria-current": q === current && "true", onclick: () => pick(q) }));
  const items = [...needs].slice(0, SHOWN_MAX).map(([base, of]) => {
    if (of.length === 1) return row(of[0]);
    const { lang, text } = texts.get(base) ?? of[0], head = h("span", null, h("bdi", { lang }, text), " ", note(num(of.length)));
    return h("li", null, fold("need" + base, head, () => h("ul", null, of.map(row)), words || of.includes(current)));
  });
  if (!items.length) items.push(h("li", null, note(all.length ? "No query of the set is like that." : "The set is empty. Type a query and grade a product: that adds it.")));
  if (needs.size > SHOWN_MAX) items.push(h("li", null, note(`${num(needs.size - SHOWN_MAX)} more: narrow the list above.`)));
  keepFocus($("picks"), () => $("picks").replaceChildren(...items));
}

export const revealCurrent = () => $("picks").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
