// What the page shows, and its two written forms: the address (so that every view can be shared, and the back button works)
// and the filter expression that the service understands.
//
//   ?q=shoes&brand=Acme&brand=Nord&category=A > B&attributes.color=~red&price=10..50&sort=price:asc&n=48&p=ID&index=NAME
//
// "~red" is a colour family: every word that means red, in any language (colors.js).
import { wordsOf } from "./colors.js";

export const PAGE = 24; // divides by 2, 3, 4 and 6: full rows at most widths
const RESTORE_MAX = 240; // how far an address may ask to be taken back down a long list
export const SORTS = ["", "price:asc", "price:desc", "popularity:desc"];
const FIELD = /^(brand|category|availability|currency|lang|attributes\.[\p{L}\p{M}\p{N}_.-]+)$/u; // what the filter grammar can name
export const WORDS_MAX = 500; // letters of a query: whatever they are, the service takes that many bytes

export const empty = () => ({ q: "", sort: "", n: PAGE, filters: new Map(), price: [null, null], p: null, index: null });

export function read(search) {
  const s = empty();
  for (const [key, value] of new URLSearchParams(search)) {
    if (key === "q") s.q = value.slice(0, WORDS_MAX);
    else if (key === "sort" && SORTS.includes(value)) s.sort = value;
    else if (key === "n") s.n = Math.min(Math.max(Math.ceil(value / PAGE) || 1, 1) * PAGE, RESTORE_MAX);
    else if (key === "p") s.p = value || null;
    else if (key === "index") s.index = value || null;
    else if (key === "price") s.price = readRange(value);
    else if (FIELD.test(key) && value) s.filters.set(key, (s.filters.get(key) ?? new Set()).add(value));
  }
  return s;
}

function readRange(text) {
  const number = (t) => (/^\d+(\.\d+)?$/.test(t ?? "") ? Number(t) : null);
  const [low, high] = text.split("..");
  return [number(low), number(high)];
}

export function write(s) {
  const u = new URLSearchParams();
  if (s.index) u.set("index", s.index);
  if (s.q) u.set("q", s.q);
  for (const [field, values] of s.filters) for (const value of values) u.append(field, value);
  if (hasPrice(s)) u.set("price", `${s.price[0] ?? ""}..${s.price[1] ?? ""}`);
  if (s.sort) u.set("sort", s.sort);
  if (s.n > PAGE) u.set("n", s.n);
  if (s.p) u.set("p", s.p);
  const text = u.toString();
  return text ? "?" + text : "./";
}

export const hasPrice = (s) => s.price[0] !== null || s.price[1] !== null;
export const hasFilters = (s) => s.filters.size > 0 || hasPrice(s);
export const selected = (s, field) => s.filters.get(field) ?? new Set();

/** Filters without empty sets, so that equal views have equal addresses. */
export function withFilter(s, field, values) {
  const filters = new Map(s.filters);
  filters.delete(field);
  if (values.size) filters.set(field, values);
  const next = { ...s, filters, n: PAGE };
  if (field === "currency") next.price = [null, null]; // 50 euros are not 50 yen
  return next;
}

export function toggled(s, field, value) {
  const values = new Set(selected(s, field));
  if (!values.delete(value)) values.add(value);
  return withFilter(s, field, values);
}

export const withoutFilters = (s) => ({ ...s, filters: new Map(), price: [null, null], n: PAGE });

// A JSON string escape is what the filter grammar reads.
const quote = (value) => JSON.stringify(value);

/** The expression; leaveOut: a field whose own filter is ignored, for counts of what else could be chosen there. */
export function filterOf(s, leaveOut) {
  const terms = [];
  for (const [field, values] of s.filters) {
    if (field === leaveOut) continue;
    const words = [...values].flatMap((v) => (v.startsWith("~") ? wordsOf(v.slice(1)) : [v]));
    terms.push(words.length === 1 ? `${field} = ${quote(words[0])}` : `${field} IN [${words.map(quote).join(",")}]`);
  }
  if (leaveOut !== "price") {
    if (s.price[0] !== null) terms.push(`price >= ${s.price[0]}`);
    if (s.price[1] !== null) terms.push(`price <= ${s.price[1]}`);
  }
  return terms.join(" AND ");
}
