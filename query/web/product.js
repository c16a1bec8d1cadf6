// One product: everything its record says, its variants and its neighbours.
import * as api from "./api.js";
import { h, web } from "./dom.js";
import { availabilityOf, card, picture, priceOf, textOf } from "./cards.js";
import { familiesOf, paintOf } from "./colors.js";
import { current, errorText, fieldName, langTag, languageName, base, t, valueName } from "./i18n.js";

const OWN_PLACE = new Set(["id", "title", "description", "brand", "category", "price", "list_price", "currency", "availability",
  "image", "url", "attributes", "popularity", "group", "deleted"]);

/** Draws into root. known: a hit's product to show at once while the full record is on its way. */
export async function showProduct(root, index, id, { known, signal, href, onCategory, heading }) {
  if (known) root.replaceChildren(...page(known, onCategory, heading));
  let product;
  try {
    product = await api.product(index, id, { signal, language: current() });
  } catch (e) {
    if (e.name === "AbortError" || known) return;
    return root.replaceChildren(h("h2", { id: "product-title" }, e.status === 404 ? t("notFound") : errorText(e)));
  }
  // Some services wrap the record.
  if (product.product) product = product.product;
  if (!known || JSON.stringify(known) !== JSON.stringify(product)) root.replaceChildren(...page(product, onCategory, heading));
  const [variants, similar] = await Promise.all([variantsOf(index, product, signal), similarTo(index, id, signal)]);
  if (signal.aborted) return;
  const shown = new Set([id]);
  for (const [title, hits] of [[t("variants"), variants], [t("similar"), similar]]) {
    const fresh = hits.filter((hit) => !shown.has(hit.id));
    fresh.forEach((hit) => shown.add(hit.id));
    if (fresh.length) root.append(h("section", { class: "row" }, h("h3", null, title),
      h("ul", { class: "grid" }, fresh.map((hit) => card(hit, { queryLanguage: product.lang, href: href(hit.id) })))));
  }
}

async function variantsOf(index, product, signal) {
  if (!product.group) return [];
  const body = { q: "", filter: `group = ${JSON.stringify(String(product.group))}`, limit: 24 };
  return api.search(index, body, { signal, language: current() }).then((a) => a.hits, () => []);
}

async function similarTo(index, id, signal) {
  return api.similar(index, id, { signal, language: current() }).then((a) => a.hits ?? [], () => []);
}

function page(p, onCategory, heading) {
  const title = textOf(p.title, null, p.lang), description = textOf(p.description, null, p.lang);
  const link = web(p.url);
  return [h("div", { class: "sheet" },
    h("div", { class: "media" }, picture(p, title.text, true)),
    h("div", { class: "facts" },
      [p.category].flat().filter(Boolean).map((path) => crumbs(String(path), onCategory)),
      p.brand && h("p", { class: "brand", dir: "auto" }, String(p.brand)),
      h(heading ?? "h2", { id: "product-title", tabindex: "-1", dir: "auto", lang: langTag(title.lang) }, title.text || p.id),
      priceOf(p),
      availabilityOf(p),
      description.text && h("p", { class: "description", dir: "auto", lang: langTag(description.lang) }, description.text),
      link && h("p", null, h("a", { class: "button strong", href: link, rel: "noopener noreferrer", target: "_blank" }, t("shopPage"))),
      table(p)))];
}

function crumbs(path, onCategory) {
  const parts = path.split(" > ");
  return h("nav", { class: "crumbs", "aria-label": t("category") }, h("ol", null, parts.map((part, i) =>
    h("li", null, h("button", { type: "button", class: "link", dir: "auto", onclick: () => onCategory(parts.slice(0, i + 1).join(" > ")) }, part)))));
}

function table(p) {
  const rows = Object.entries(p.attributes ?? {}).map(([key, value]) => ["attributes." + key, value]);
  for (const [key, value] of Object.entries(p)) if (!OWN_PLACE.has(key)) rows.push([key, value]);
  rows.push(["ID", p.id]);
  return h("table", { class: "details" }, h("caption", null, t("details")), h("tbody", null, rows.map(([field, value]) =>
    h("tr", null, h("th", { scope: "row" }, h("bdi", null, field.length < 5 && field !== "lang" ? field.toUpperCase() : fieldName(field))),
      h("td", null, h("bdi", null, cell(field, value)))))));
}

function cell(field, value) {
  if (value === null || value === undefined) return "–";
  if (field === "lang") return languageName(base(String(value)));
  if (Array.isArray(value) && value.every((v) => typeof v !== "object")) return value.map((v) => valueName(field, v)).join(" · ");
  if (typeof value === "object") return JSON.stringify(value);
  const color = field === "attributes.color" && familiesOf(value)[0];
  return [color && h("span", { class: "dot small", vars: { "--paint": paintOf(color) } }), valueName(field, value)];
}
