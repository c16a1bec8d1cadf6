// Making elements. Everything shown goes through text nodes and attributes, never through markup in strings: a product's
// title can hold any character and stays a title.

/** h("a", {class: "x", onclick: f, "aria-label": "y"}, child, "text", null, [more]) */
export function h(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

export function svg(tag, props, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), props, children);
}

function fill(el, props, children) {
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value == null || value === false) continue;
    if (key.startsWith("on")) el.addEventListener(key.slice(2), value);
    else if (key === "value" || key === "checked" || key === "selected" || key === "hidden") el[key] = value;
    // A style attribute would break the page's content security policy; the object model may set single properties.
    else if (key === "vars") for (const [name, v] of Object.entries(value)) el.style.setProperty(name, v);
    else el.setAttribute(key, value === true ? "" : value);
  }
  el.append(...children.flat(3).filter((c) => c != null && c !== false));
  return el;
}

export const $ = (id) => document.getElementById(id);

const ENTITIES = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'", "#39": "'", "#34": '"', "#x27": "'", "#x22": '"' };
const unescape = (s) => s.replace(/&(#?\w+);/g, (all, name) => ENTITIES[name.toLowerCase()] ?? all);

/** The nodes of a highlighted text: escaped text in which only <mark> and </mark> are markup. */
export function marked(text) {
  return text.split(/(<mark>.*?<\/mark>)/s).filter(Boolean).map((part) => {
    const inside = /^<mark>(.*)<\/mark>$/s.exec(part);
    return inside ? h("mark", null, unescape(inside[1])) : unescape(part);
  });
}

/** Runs render() and gives the focus back to the element with the same data-key, since render makes new elements. */
export function keepFocus(root, render) {
  const key = root.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  render();
  if (!key || root.contains(document.activeElement)) return;
  for (const el of root.querySelectorAll("[data-key]")) if (el.dataset.key === key) return el.focus({ preventScroll: true });
}

export const web = (url) => (typeof url === "string" && /^(https?:\/\/|\/pictures\/)/i.test(url) ? url : null);
