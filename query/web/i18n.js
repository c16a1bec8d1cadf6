// The interface's language: the one chosen here before, else the browser's, else English. Products keep their own.
import { STRINGS } from "./strings.js";

const KEPT = "souk.language";
export const LANGUAGES = { en: "English", de: "Deutsch", fr: "Français", es: "Español", pt: "Português", tr: "Türkçe",
  ru: "Русский", ar: "العربية", fa: "فارسی", hi: "हिन्दी", zh: "中文", ja: "日本語" };

let language = "en", locale = "en", plural = new Intl.PluralRules("en"), number = new Intl.NumberFormat("en");

export const current = () => language;
export const base = (tag) => (tag ?? "").toLowerCase().split(/[-_]/)[0];

export function begin() {
  let kept = null;
  try { kept = localStorage.getItem(KEPT); } catch { /* storage may be forbidden */ }
  const wanted = [kept, ...navigator.languages].filter(Boolean);
  const tag = wanted.find((t) => STRINGS[base(t)]) ?? "en";
  use(base(tag), tag);
}

export function choose(code) {
  try { localStorage.setItem(KEPT, code); } catch { /* then it lasts as long as the page */ }
  use(code, navigator.languages.find((t) => base(t) === code) ?? code);
}

function use(code, tag) {
  language = code;
  locale = tag; // de-CH and de-AT write prices differently
  plural = new Intl.PluralRules(locale);
  number = new Intl.NumberFormat(locale);
  names.clear();
  document.documentElement.lang = code;
  document.documentElement.dir = code === "ar" || code === "fa" ? "rtl" : "ltr";
}

/** A lang attribute: what a product says its language is, when that has the form of one. */
export const langTag = (tag) => (/^[a-z]{2,3}([-_][a-z\d]{2,8})*$/i.test(tag ?? "") ? tag.replaceAll("_", "-") : null);

export const num = (n) => number.format(n);
export const percent = (x) => new Intl.NumberFormat(locale, { style: "percent" }).format(x);

/** t("count", {n: 3}): numbers are written the language's way, n chooses the plural. */
export function t(key, values) {
  let text = STRINGS[language]?.[key] ?? STRINGS.en[key] ?? key;
  if (typeof text === "object") text = text[plural.select(values.n)] ?? text.other;
  return text.replace(/\{(\w+)\}/g, (_, name) => (typeof values?.[name] === "number" ? num(values[name]) : values?.[name] ?? ""));
}

/** The service's own words where it answered; a browser's ("Failed to fetch") say nothing to a shopper. */
export const errorText = (e) => (e.status ? t("error", { x: e.message }) : t("away"));

export const has = (key) => Object.hasOwn(STRINGS.en, key);

const names = new Map();
function displayName(type, code) {
  const key = type + code;
  if (!names.has(key)) {
    let name = code;
    try { name = new Intl.DisplayNames([locale], { type }).of(code) ?? code; } catch { /* not a code: shown as it is */ }
    names.set(key, name);
  }
  return names.get(key);
}
export const languageName = (code) => displayName("language", code);
export const currencyName = (code) => (/^[A-Z]{3}$/.test(code) ? `${code} · ${displayName("currency", code)}` : code);

export function money(amount, currency, rounded) {
  const digits = rounded && { maximumFractionDigits: 0, minimumFractionDigits: 0 };
  try {
    // Each symbol is isolated: in a right-to-left line "CN¥" would otherwise read "¥CN".
    return new Intl.NumberFormat(locale, { style: "currency", currency, ...digits }).formatToParts(amount)
      .map(({ type, value }) => (type === "currency" && document.dir === "rtl" ? `\u2068${value}\u2069` : value)).join("");
  } catch { // no currency, or none that anyone knows
    return [num(amount), currency].filter(Boolean).join(" ");
  }
}

/** Fills the texts of the static page: data-t, data-t-label, data-t-placeholder. */
export function translatePage() {
  for (const el of document.querySelectorAll("[data-t]")) el.textContent = t(el.dataset.t);
  for (const el of document.querySelectorAll("[data-t-label]")) el.setAttribute("aria-label", t(el.dataset.tLabel));
  for (const el of document.querySelectorAll("[data-t-placeholder]")) el.placeholder = t(el.dataset.tPlaceholder);
}

const UNITS = { __proto__: null, g: "g", kg: "kg", cm: "cm", mm: "mm", m: "m", w: "W", h: "h", c: "°C", bar: "bar", ml: "ml", l: "l", v: "V" };

/** A field for people: attributes.weight_g is "Weight (g)", attributes.color is the language's word for colour. */
export function fieldName(field) {
  const key = field.replace(/^attributes\./, "");
  if (has(key)) return t(key);
  const words = key.split(/[_\s]+/).filter(Boolean);
  const unit = words.length > 1 ? UNITS[words.at(-1)] : null;
  if (unit) words.pop();
  const text = words.join(" ");
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1) + (unit ? ` (${unit})` : "");
}

export function valueName(field, value) {
  if (field === "availability") return has(value) ? t(value) : value;
  if (field === "lang") return languageName(value);
  if (field === "currency") return currencyName(value);
  if (field === "category") return value.split(" > ").at(-1);
  if (value === "true" || value === true) return t("yes");
  if (value === "false" || value === false) return t("no");
  return typeof value === "number" ? num(value) : String(value);
}
