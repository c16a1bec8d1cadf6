// The panel of filters: what the answer's facets offer, with counts. It is drawn anew for every answer.
import { h } from "./dom.js";
import { familiesOf, labelOf, paintOf } from "./colors.js";
import { current, fieldName, num, t, valueName } from "./i18n.js";
import { selected } from "./state.js";
import { priceRange } from "./price.js";

const FEW = 7; // values shown before "more"
const ATTRIBUTES_MAX = 8;
const LIST_CUT = 100; // the service answers with the most frequent values of a facet (FACET_VALUES of query/facets.h)
const collator = new Intl.Collator(undefined, { numeric: true });
const closed = new Set(), expanded = new Set(); // what the reader has folded and unfolded, by field

/** Draws into root. on: {toggle(field, value), category(path or null), price(low, high)}. */
export function renderFacets(root, state, view, on) {
  const facets = view.facets;
  const groups = [categories(state, facets.category ?? {}, on)];
  const colors = colorGroup(state, facets["attributes.color"] ?? {}, on);
  for (const field of ["brand", "availability"]) groups.push(valueGroup(state, field, facets[field] ?? {}, on));
  groups.push(priceGroup(state, view, on), colors);
  const attributes = Object.keys(facets).filter((f) => f.startsWith("attributes.") && f !== "attributes.color");
  const weight = (f) => (selected(state, f).size ? Infinity : Object.values(facets[f]).reduce((a, b) => a + b, 0));
  for (const field of attributes.sort((a, b) => weight(b) - weight(a)).slice(0, ATTRIBUTES_MAX)) {
    groups.push(valueGroup(state, field, facets[field], on));
  }
  groups.push(valueGroup(state, "currency", facets.currency ?? {}, on), valueGroup(state, "lang", facets.lang ?? {}, on));
  root.replaceChildren(...groups.filter(Boolean));
}

function group(field, title, ...content) {
  const details = h("details", { class: "group", open: !closed.has(field) },
    h("summary", { "data-key": "fold:" + field }, title), content);
  details.addEventListener("toggle", () => (details.open ? closed.delete(field) : closed.add(field)));
  return details;
}

/** A list of which the first few are shown, and all after "more". */
function folded(field, items, keep, tag = "div") {
  const list = h(tag, { class: "values", role: tag === "div" && "group", "aria-label": fieldName(field) });
  const draw = () => {
    const all = expanded.has(field);
    const shown = all ? items : items.filter((_, i) => i < FEW || keep(i));
    const rest = items.length - Math.min(FEW, items.length);
    list.classList.toggle("scroll", all && items.length > 14);
    list.replaceChildren(...shown);
    more.hidden = rest <= 0 || (!all && shown.length === items.length);
    more.textContent = all ? t("fewerValues") : t("moreValues", { n: items.length - shown.length });
    more.setAttribute("aria-expanded", all);
  };
  const more = h("button", { type: "button", class: "link", "data-key": "more:" + field, onclick: () => {
    if (!expanded.delete(field)) expanded.add(field);
    draw();
  } });
  draw();
  return [list, more];
}

function check(field, value, count, on, checked, label, key = value) {
  return h("label", { class: "value" },
    h("input", { type: "checkbox", checked, "data-key": `${field}=${key}`, onchange: () => on.toggle(field, value) }),
    h("bdi", { class: "name" }, label),
    h("span", { class: "n" }, num(count)));
}

function entriesOf(state, field, counts) {
  const entries = Object.entries(counts).map(([value, n]) => [value, n]);
  for (const value of selected(state, field)) {
    if (!Object.hasOwn(counts, value) && !value.startsWith("~")) entries.push([value, 0]); // still chosen, though nothing has it now
  }
  return entries;
}

function valueGroup(state, field, counts, on) {
  const chosen = selected(state, field);
  const entries = entriesOf(state, field, counts);
  if (entries.length < 2 && !chosen.size) return null; // a choice of one is none
  // Sizes and numbers are looked for in their order, other values by how many there are.
  const sizes = field === "attributes.size" || entries.every(([v]) => /^[\d.,]+/.test(v));
  entries.sort((a, b) => (sizes ? collator.compare(a[0], b[0]) : b[1] - a[1] || collator.compare(a[0], b[0])));
  const items = entries.map(([value, n]) => check(field, value, n, on, chosen.has(value), valueName(field, value)));
  return group(field, fieldName(field), folded(field, items, (i) => chosen.has(entries[i][0])));
}

/** Swatches for values whose colour is known, whatever language names it; the others as a list below. */
function colorGroup(state, counts, on) {
  const field = "attributes.color", chosen = selected(state, field);
  const families = new Map(), others = Object.create(null);
  // A list cut by the service lacks rare words of a family, whose count is then a lower bound.
  const count = (n) => num(n) + (Object.keys(counts).length >= LIST_CUT ? "+" : "");
  for (const [value, n] of Object.entries(counts)) {
    const names = familiesOf(value);
    for (const name of names) families.set(name, (families.get(name) ?? 0) + n);
    if (!names.length) others[value] = n;
  }
  for (const value of chosen) if (value.startsWith("~") && !families.has(value.slice(1))) families.set(value.slice(1), 0);
  const list = entriesOf(state, field, others);
  if (families.size + list.length < 2 && !chosen.size) return null;
  const swatches = [...families].sort((a, b) => b[1] - a[1]).map(([name, n]) => {
    const label = labelOf(name, current());
    return h("label", { class: "swatch", title: `${label} (${count(n)})` },
      h("input", { type: "checkbox", checked: chosen.has("~" + name), "data-key": `${field}=~${name}`,
        "aria-label": `${label}, ${count(n)}`, onchange: () => on.toggle(field, "~" + name) }),
      h("span", { class: "dot", vars: { "--paint": paintOf(name) } }),
      h("span", { class: "n", "aria-hidden": "true" }, count(n)));
  });
  const items = list.sort((a, b) => b[1] - a[1]).map(([value, n]) => check(field, value, n, on, chosen.has(value), value));
  return group(field, fieldName(field), h("div", { class: "swatches", role: "group", "aria-label": fieldName(field) }, swatches),
    items.length > 0 && folded(field, items, (i) => chosen.has(list[i][0])));
}

/** The tree of the facet's paths ("A", "A > B"), open along the chosen one. */
function categories(state, counts, on) {
  const chosen = [...selected(state, "category")][0] ?? null;
  const paths = new Map(Object.entries(counts));
  for (let path = chosen; path; path = path.split(" > ").slice(0, -1).join(" > ")) if (!paths.has(path)) paths.set(path, 0);
  if (!paths.size) return null;
  const below = (parent) => [...paths].filter(([p]) => p.split(" > ").slice(0, -1).join(" > ") === parent).sort((a, b) => b[1] - a[1]);
  const node = ([path, n]) => {
    const open = chosen === path || chosen?.startsWith(path + " > ");
    const children = open ? below(path) : [];
    return h("li", null,
      h("button", { type: "button", class: "value", "aria-pressed": String(chosen === path), "data-key": "category=" + path,
        onclick: () => on.category(chosen === path ? path.split(" > ").slice(0, -1).join(" > ") || null : path) },
        h("bdi", { class: "name" }, path.split(" > ").at(-1)), h("span", { class: "n" }, num(n))),
      children.length > 0 && h("ul", null, children.map(node)));
  };
  const roots = below("");
  if (roots.length < 2 && !chosen && below(roots[0]?.[0]).length < 2) return null;
  return group("category", fieldName("category"),
    chosen && h("button", { type: "button", class: "link back", "data-key": "category=", onclick: () => on.category(null) }, t("allCategories")),
    h("div", { class: "tree" }, folded("category", roots.map(node), (i) => `${chosen} > `.startsWith(roots[i][0] + " > "), "ul")));
}

/** Prices can be compared in one currency only. */
function priceGroup(state, view, on) {
  if (!view.currency && view.currencies > 1) return group("price", fieldName("price"), h("p", { class: "hint" }, t("oneCurrency")));
  const range = priceRange(state, view.price, view.currency, on.price);
  return range && group("price", fieldName("price"), range);
}
