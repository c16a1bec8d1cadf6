// The grid of products.
import { h, marked, web } from "./dom.js";
import { placeholder } from "./art.js";
import { base, current, langTag, languageName, money, percent, t } from "./i18n.js";

/** The text of a title or description, which may be an object by language, and the language it is in. */
export function textOf(value, language, hint) {
  if (value == null) return { text: "", lang: hint };
  if (typeof value !== "object") return { text: String(value), lang: hint };
  const lang = [current(), language, hint].find((l) => Object.hasOwn(value, l)) ?? Object.keys(value)[0];
  return { text: value[lang] ?? "", lang };
}

export function picture(product, alt, eager) {
  const source = web([product.image].flat()[0]);
  if (!source) return placeholder(product);
  const img = h("img", { src: source, alt, loading: eager ? "eager" : "lazy", decoding: "async", referrerpolicy: "no-referrer" });
  img.addEventListener("error", () => img.replaceWith(placeholder(product)), { once: true });
  return img;
}

export function priceOf(product) {
  if (typeof product.price !== "number") return null;
  const now = money(product.price, product.currency);
  if (!(product.list_price > product.price)) return h("p", { class: "price" }, now);
  return h("p", { class: "price sale" },
    h("span", { class: "hidden" }, t("now") + " "), h("strong", null, now), " ",
    h("span", { class: "hidden" }, t("was") + " "), h("s", null, money(product.list_price, product.currency)),
    " ", h("bdi", { class: "off" }, percent(product.price / product.list_price - 1)));
}

export function availabilityOf(product) {
  const state = product.availability;
  return state && h("p", { class: `stock ${/^\w+$/.test(state) ? state : ""}` }, ["in_stock", "out_of_stock", "preorder"].includes(state) ? t(state) : state);
}

/** Whether a hit is described in another language than the one asked in. */
export function foreign(hit, queryLanguage) {
  const { lang } = textOf(hit.product.title, queryLanguage, hit.lang ?? hit.product.lang);
  return lang && base(lang) !== (base(queryLanguage) || current()) ? base(lang) : null;
}

export function card(hit, { queryLanguage, href, old }) {
  const p = hit.product;
  const { text, lang } = textOf(p.title, queryLanguage, hit.lang ?? p.lang);
  const other = foreign(hit, queryLanguage);
  // A picture that was there a keystroke ago is taken over, so that it does not flicker.
  const media = old?.querySelector(".media > :first-child") ?? picture(p, "");
  return h("li", { "data-id": hit.id },
    h("article", { class: "card" },
      h("div", { class: "media" }, media, other && h("span", { class: "tag" }, languageName(other))),
      p.brand && h("p", { class: "brand", dir: "auto" }, String(p.brand)),
      h("h2", { class: "title", dir: "auto", lang: langTag(lang) },
        h("a", { href, "data-open": hit.id, "data-key": "hit:" + hit.id }, hit.highlight?.title ? marked(hit.highlight.title) : text || hit.id)),
      priceOf(p),
      availabilityOf(p)));
}

export function renderGrid(grid, hits, options) {
  const old = new Map([...grid.children].map((li) => [li.dataset.id, li]));
  grid.replaceChildren(...hits.map((hit) => card(hit, { ...options, href: options.href(hit.id), old: old.get(hit.id) })));
}

/** Arrow keys walk through the grid as it is laid out. Returns the link to focus, or null when the walk leaves at the top. */
export function neighbour(grid, link, key) {
  const links = [...grid.querySelectorAll("a[data-open]")];
  const at = links.indexOf(link);
  const top = (a) => a.closest("li").offsetTop;
  const columns = Math.max(links.findIndex((a) => top(a) !== top(links[0])), 0) || links.length;
  const forward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
  const step = key === "ArrowDown" ? columns : key === "ArrowUp" ? -columns : key === forward ? 1 : -1;
  if (at + step < 0) return step < -1 || columns === 1 ? null : link;
  return links[at + step] ?? (step === columns ? links.at(-1) : link);
}
