// The storefront: a search box, filters and products, all of it in the address.
//
//     input, click, back button -> go(state) -> address, then search(state) -> view -> draw
//
// A search is one request for the products plus, side by side, one for each filter in use without that filter: their counts
// say what else could be chosen there. A newer search aborts an older one, and what is on the page stays until the new
// products are there, so nothing blinks while somebody types.
import * as api from "./api.js";
import { $, h, keepFocus } from "./dom.js";
import { foreign, neighbour, renderGrid } from "./cards.js";
import { labelOf, learn } from "./colors.js";
import { renderFacets } from "./facets.js";
import { LANGUAGES, base, begin, choose, current, errorText, fieldName, languageName, money, t, translatePage, valueName } from "./i18n.js";
import { showProduct } from "./product.js";
import { PAGE, SORTS, empty, filterOf, hasFilters, hasPrice, read, selected, toggled, withFilter, withoutFilters, write } from "./state.js";

const BASE_FACETS = ["brand", "category", "availability", "currency", "lang"];
const ATTRIBUTE_FACETS_MAX = 12;

let state = read(location.search);
let index = null; // the name of the index in use
let attributes = []; // attribute fields asked for as facets: those that the last products had
let view = null; // the newest answer, as drawn
let running = null, opening = null; // AbortControllers of the search and of the product page
let failed = null, retrying = null, pause = 0; // pause: ms until a failed search is tried again by itself

/* ---- searching ---- */

async function search({ again = false } = {}) {
  running?.abort();
  clearTimeout(retrying);
  const { signal } = (running = new AbortController());
  const wanted = state;
  const busy = setTimeout(() => document.body.classList.add("busy"), 150);
  try {
    if (!index) index = wanted.index ?? (await firstIndex());
    if (!index) return drawEmptyShop();
    const ask = (body) => api.search(index, body, { signal, language: current() });
    const counts = countsWithout(wanted, ask);
    counts.catch(() => {}); // awaited below, after the products are on the page
    const answer = await ask({ ...common(wanted), filter: filterOf(wanted) || undefined, limit: wanted.n, offset: 0,
      sort: wanted.sort ? [wanted.sort] : undefined, facets: [...BASE_FACETS, ...attributes], highlight: ["title"] });
    if (signal.aborted) return;
    failed = null;
    pause = 0;
    showProducts(wanted, answer);
    const missing = newAttributes(answer, wanted);
    const extra = missing.length ? await ask({ ...common(wanted), filter: filterOf(wanted) || undefined, limit: 0, facets: missing }) : null;
    const without = await counts;
    if (signal.aborted) return;
    showFacets(wanted, answer, extra, without);
    if (view.total === 0 && hasFilters(wanted)) offerWithoutFilters(await ask({ ...common(wanted), limit: 0 }));
    // A chosen colour may have learnt new words from these counts ("knallrot"): then the products are asked for once more.
    if (view.learnt && !again && [...selected(wanted, "attributes.color")].some((v) => v.startsWith("~"))) search({ again: true });
  } catch (e) {
    if (e.name === "AbortError" || signal.aborted) return;
    const said = failed && errorText(failed) === errorText(e); // not told again, nor taken from under a reader's focus
    failed = e;
    if (!said) drawNotes();
    if (e.status < 500) return; // the same question gets the same answer
    pause = Math.min(Math.max(2 * pause, 500), 10000);
    retrying = setTimeout(search, pause);
  } finally {
    clearTimeout(busy);
    if (running?.signal === signal) document.body.classList.remove("busy");
  }
}

const common = (s) => ({ q: s.q });

async function firstIndex() {
  const list = (await api.indexes()).indexes ?? [];
  return (list.find((i) => i.products > 0) ?? list[0])?.name ?? null;
}

/** For every filter in use: the counts (or the price range) that would hold without it. */
function countsWithout(s, ask) {
  const fields = [...s.filters.keys()];
  if (hasPrice(s)) fields.push("price");
  return Promise.all(fields.map(async (field) => {
    const body = { ...common(s), filter: filterOf(s, field) || undefined, limit: 0, facets: field === "price" ? [] : [field] };
    return [field, await ask(body)];
  }));
}

/** Attributes that these products have and the request did not ask for; the next request will. */
function newAttributes(answer, s) {
  const often = new Map();
  for (const { product } of answer.hits) for (const key of Object.keys(product.attributes ?? {})) {
    // A name that the filter grammar could not hold is no facet.
    if (/^[\p{L}_][\p{L}\p{M}\p{N}_.-]*$/u.test(key)) often.set("attributes." + key, (often.get("attributes." + key) ?? 0) + 1);
  }
  const fields = [...often].sort((a, b) => b[1] - a[1]).map(([field]) => field).slice(0, ATTRIBUTE_FACETS_MAX);
  for (const field of s.filters.keys()) if (field.startsWith("attributes.") && !fields.includes(field)) fields.push(field);
  attributes = fields;
  return fields.filter((f) => !(f in (answer.facets ?? {})));
}

function showProducts(s, answer) {
  const { facets, currency, currencies, price } = view ?? {};
  const query = { ...answer.query };
  if (query.language === "und") query.language = null; // too short to tell: then the reader's own is assumed
  view = { facets: facets ?? {}, currency, currencies, price, hits: answer.hits, total: answer.total, query,
    languages: answer.facets?.lang ?? {}, took: answer.took_ms, s };
  drawProducts();
}

function showFacets(s, answer, extra, counts) {
  const facets = { ...answer.facets, ...extra?.facets };
  let price = answer.stats?.price;
  for (const [field, without] of counts) {
    if (field === "price") price = without.stats?.price ?? price;
    // A service may cut long lists: the steps below a chosen category are sure to be in the filtered answer.
    else if (field === "category") facets[field] = { ...facets[field], ...without.facets?.[field] };
    else facets[field] = without.facets?.[field] ?? facets[field] ?? {};
  }
  const inUse = selected(s, "currency").size ? [...selected(s, "currency")] : Object.keys(facets.currency ?? {});
  view.learnt = learn(Object.keys(facets["attributes.color"] ?? {}));
  Object.assign(view, { facets, price, currencies: inUse.length, currency: inUse.length === 1 ? inUse[0] : null });
  drawFacets();
  drawChips(); // a price chip needs the currency
  drawNotes();
}

/* ---- drawing ---- */

const href = (id) => write({ ...state, p: id });

function drawProducts() {
  const { hits, total, query, took } = view;
  keepFocus($("results"), () => renderGrid($("results"), hits, { queryLanguage: query.language, href }));
  $("count").textContent = t("count", { n: total });
  $("more").hidden = hits.length >= total;
  $("more").textContent = `${t("more")} (${t("shown", { shown: hits.length, n: total })})`;
  $("took").textContent = took == null ? "" : t("took", { ms: Math.round(took * 10) / 10 });
  drawNothing();
  drawChips();
  drawNotes();
  announce(total ? t("count", { n: total }) : nothingTitle());
  document.title = view.s.q ? `${view.s.q} · souk` : "souk";
}

const nothingTitle = () => (view.s.q ? t("nothing", { q: view.s.q }) : t("nothingHere"));

function drawNothing() {
  const none = view.total === 0;
  $("nothing").hidden = !none;
  if (!none) return;
  $("nothing").replaceChildren(
    h("h2", { dir: "auto" }, nothingTitle()),
    h("p", null, t("nothingText")),
    h("p", { class: "ways" },
      hasFilters(view.s) && h("button", { type: "button", class: "button", onclick: () => go(withoutFilters(state)) }, t("clearAll")),
      h("button", { type: "button", class: "button", onclick: () => { go({ ...empty(), index: state.index }); $("q").focus(); } }, t("browse"))));
}

function offerWithoutFilters({ total }) {
  const button = $("nothing").querySelector("button");
  if (total > 0 && button) button.textContent = t("withoutFilters", { n: total });
}

function drawEmptyShop() {
  $("nothing").hidden = false;
  $("nothing").replaceChildren(h("h2", null, t("noIndex")));
}

function drawFacets() {
  const root = $("facets");
  if (root.querySelector("input[type=range]:active")) return; // a slider in a hand is not taken away; a search follows it
  keepFocus(root, () => renderFacets(root, view.s, view, {
    toggle: (field, value) => go(toggled(state, field, value)),
    category: (path) => go(withFilter(state, "category", new Set(path ? [path] : []))),
    price: (low, high) => go({ ...state, price: [low, high], n: PAGE }),
  }));
  const chosen = chipsOf(state).length;
  $("open-filters").textContent = t("filters") + (chosen ? ` (${chosen})` : "");
  $("drawer-done").textContent = t("showResults", { n: view.total });
}

/** [label, the state without it] for every filter in use. */
function chipsOf(s) {
  const chips = [];
  for (const [field, values] of s.filters) for (const value of values) {
    const label = value.startsWith("~") ? labelOf(value.slice(1), current()) : field === "category" ? value : valueName(field, value);
    chips.push([`${fieldName(field)}: ${label}`, toggled(s, field, value)]);
  }
  const money1 = (v) => money(v, view?.currency);
  const [low, high] = s.price;
  if (hasPrice(s)) {
    const label = low === null ? t("max", { x: money1(high) }) : high === null ? t("min", { x: money1(low) }) : `${money1(low)} – ${money1(high)}`;
    chips.push([label, { ...s, price: [null, null], n: PAGE }]);
  }
  return chips;
}

function drawChips() {
  const chips = chipsOf(state);
  keepFocus($("chips"), () => $("chips").replaceChildren(
    ...chips.map(([label, next]) => h("li", null,
      h("button", { type: "button", class: "chip", "data-key": "chip:" + label, "aria-label": t("remove", { x: label }), onclick: () => go(next) },
        h("bdi", null, label), h("span", { "aria-hidden": "true" }, "×")))),
    ...(chips.length > 1 ? [h("li", null, h("button", { type: "button", class: "link", onclick: () => go(withoutFilters(state)) }, t("clearAll")))] : [])));
}

function drawNotes() {
  const notes = [];
  if (failed) {
    notes.push(h("p", { class: "error", role: "alert" }, errorText(failed), " ",
      h("button", { type: "button", class: "link", onclick: () => search() }, t("retry"))));
  }
  const { query, hits, s } = view ?? {};
  if (view?.total && query.corrected && query.corrected !== s.q) notes.push(h("p", { dir: "auto" }, t("corrected", { q: query.corrected })));
  if (s?.sort.startsWith("price") && view.currencies > 1) notes.push(h("p", null, t("mixedSort")));
  if (s?.q && hits?.length) {
    const others = hits.filter((hit) => foreign(hit, query.language)).length;
    const own = base(query.language) || current();
    const none = others === hits.length && !Object.keys(view.languages).some((l) => base(l) === own); // nor on later pages
    if (none) notes.push(h("p", null, t("otherOnly", { lang: languageName(own) })));
    else if (others) notes.push(h("p", null, t("otherSome", { n: others })));
  }
  $("notes").replaceChildren(...notes);
}

let announcing = null;
/** Told to screen readers once typing pauses, not at every letter. */
function announce(text) {
  clearTimeout(announcing);
  announcing = setTimeout(() => ($("status").textContent = text), 600);
}

function drawControls() {
  translatePage();
  $("language").replaceChildren(...Object.entries(LANGUAGES).map(([code, name]) =>
    h("option", { value: code, lang: code, selected: code === current() }, name)));
  $("sort").replaceChildren(...SORTS.map((sort) => h("option", { value: sort })));
  $("open-filters").textContent = t("filters");
  $("drawer-done").textContent = t("close");
  syncControls();
}

function syncControls() {
  if ($("q").value !== state.q) $("q").value = state.q;
  $("q").dir = state.q ? "auto" : document.dir; // an empty box with "auto" is left-to-right, and so would its placeholder be
  $("clear").hidden = !state.q;
  // Without words there is no best match: the service's own order is by popularity, and is called that.
  const names = [state.q ? "relevance" : "popular", "priceUp", "priceDown", "popular"];
  [...$("sort").options].forEach((option, i) => (option.textContent = t(names[i])));
  $("sort").options[3].hidden = !state.q && state.sort !== SORTS[3];
  $("sort").value = state.sort;
}

/* ---- going places ---- */

let lastTyped = 0;

/** Shows another state. Letters typed in one go make one entry in the history, everything else makes its own. */
function go(next, { typed = false, keepPlace = false } = {}) {
  const merge = typed && Date.now() - lastTyped < 2000;
  lastTyped = typed ? Date.now() : 0;
  state = next;
  try {
    history[merge || keepPlace ? "replaceState" : "pushState"](null, "", write(state));
  } catch { /* browsers limit how often; the next change writes it */ }
  syncControls();
  if (!typed && !keepPlace && scrollY > 200) scrollTo({ top: 0 });
  search();
}

function openProduct(id) {
  if (!id) return;
  const link = write({ ...state, p: id });
  // From one product to the next the history keeps one entry, so that "back" and Escape both lead to the results.
  if (state.p) history.replaceState(history.state, "", link);
  else history.pushState({ ours: true }, "", link);
  state = { ...state, p: id };
  drawProduct();
}

function closeProduct() {
  if (!state.p) return;
  if (history.state?.ours) return history.back(); // popstate does the rest
  state = { ...state, p: null };
  history.replaceState(null, "", write(state));
  drawProduct();
}

async function drawProduct() {
  const dialog = $("product"), id = state.p;
  opening?.abort();
  if (!id) {
    if (dialog.open) dialog.close();
    document.title = state.q ? `${state.q} · souk` : "souk";
    return;
  }
  const { signal } = (opening = new AbortController());
  const known = view?.hits.find((hit) => hit.id === id)?.product;
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  if (!known) $("product-body").replaceChildren();
  try {
    if (!index) index = state.index ?? (await firstIndex());
  } catch { /* the search reports it */ }
  if (!index || signal.aborted) return;
  const done = showProduct($("product-body"), index, id, { known, signal, href, onCategory: inCategory });
  const named = () => {
    const title = $("product-title");
    if (title) document.title = `${title.textContent} · souk`;
    return title;
  };
  named()?.focus({ preventScroll: true });
  await done;
  // The full record may have replaced the title that had the focus; a reader who has moved on is left alone.
  const focused = document.activeElement;
  if (!signal.aborted && (focused === document.body || focused === dialog || focused === $("product-body"))) named()?.focus({ preventScroll: true });
}

/** From a product's page to everything in one of its categories. */
function inCategory(path) {
  go({ ...empty(), index: state.index, filters: new Map([["category", new Set([path])]]) });
  drawProduct();
}

/* ---- events ---- */

const box = $("q");
function typed(e) {
  // Letters on their way to become 鞋 or くつ are not yet a query; a Korean syllable being composed already is.
  if (e.isComposing && /[a-zａ-ｚ]/i.test(e.data ?? "")) return;
  if (box.value !== state.q) go({ ...state, q: box.value, n: PAGE }, { typed: true });
}
box.addEventListener("input", typed);
box.addEventListener("compositionend", typed);
$("search").addEventListener("submit", (e) => {
  e.preventDefault();
  if (matchMedia("(hover: none)").matches) box.blur(); // takes a phone's keyboard away
});
$("clear").addEventListener("click", () => { go({ ...state, q: "", n: PAGE }); box.focus(); });
$("sort").addEventListener("change", () => go({ ...state, sort: $("sort").value, n: PAGE }));
$("more").addEventListener("click", () => go({ ...state, n: state.n + PAGE }, { keepPlace: true }));
$("facets").addEventListener("submit", (e) => e.preventDefault());
$("language").addEventListener("change", () => {
  choose($("language").value);
  drawControls();
  if (view) { drawProducts(); drawFacets(); }
  search(); // titles by language
});

document.addEventListener("click", (e) => {
  const link = e.target.closest?.("a[data-open]");
  if (!link || e.button || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return; // new tabs stay the browser's business
  e.preventDefault();
  openProduct(link.dataset.open);
});

document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
  const dialog = document.querySelector("dialog[open]");
  const typing = e.target.matches("input:not([type=range],[type=checkbox]), select, textarea");
  if (e.key === "/" && !typing && !dialog) {
    e.preventDefault();
    box.focus();
    box.select();
  } else if (e.key === "Escape" && !dialog) {
    if (e.target === box && box.value) { e.preventDefault(); go({ ...state, q: "", n: PAGE }); }
    else if (e.target !== box && $("results").contains(e.target)) box.focus();
  } else if (e.key === "ArrowDown" && e.target === box) {
    const first = $("results").querySelector("a[data-open]");
    if (first) { e.preventDefault(); first.focus(); }
  } else if (/^Arrow/.test(e.key) && e.target.matches("a[data-open]")) {
    e.preventDefault();
    (neighbour(e.target.closest(".grid"), e.target, e.key) ?? (dialog ? e.target : box)).focus();
  }
});

for (const button of document.querySelectorAll("[data-close]")) button.addEventListener("click", () => button.closest("dialog").close());
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("click", (e) => e.target === dialog && dialog.close()); // beside it
}
$("product").addEventListener("close", () => {
  const id = state.p;
  closeProduct();
  for (const a of $("results").querySelectorAll("a[data-open]")) if (a.dataset.open === id) a.focus({ preventScroll: true });
});

// On a narrow page the panel lives in a drawer; it is one and the same element, moved.
$("open-filters").addEventListener("click", () => {
  $("drawer-body").append($("facets"));
  $("filters").showModal();
});
$("filters").addEventListener("close", () => $("aside").append($("facets")));
matchMedia("(min-width: 56rem)").addEventListener("change", () => $("filters").open && $("filters").close());

addEventListener("popstate", () => {
  const before = write({ ...state, p: null });
  state = read(location.search);
  if (state.index && state.index !== index) index = state.index;
  syncControls();
  if (write({ ...state, p: null }) !== before) search();
  drawProduct();
});

addEventListener("online", () => failed && search());

begin();
drawControls();
search();
drawProduct();
if (matchMedia("(hover: hover)").matches && !state.p) box.focus();
