// What the studio shows, and its address:
//
//   ?q=TEXT&qid=ID&tab=evaluate&a.mode=semantic&b.filter=price < 50&...        what is not named is as in defaults()

export const SIDES = ["a", "b"];
export const MODES = ["hybrid", "semantic", "lexical"];
export const other = (side) => (side === "a" ? "b" : "a");

const config = (mode) => ({ index: "", mode, filter: "", sort: "", limit: 20, lang: "" });
const defaults = () => ({ q: "", qid: "", tab: "compare", a: config("hybrid"), b: config("lexical") });

export function read(search) {
  const s = defaults();
  for (const [key, value] of new URLSearchParams(search)) {
    const [side, field] = key.split(".");
    if (key === "q" || key === "qid") s[key] = value;
    else if (key === "tab" && value === "evaluate") s.tab = value;
    else if (SIDES.includes(side) && Object.hasOwn(s[side], field)) set(s[side], field, value);
  }
  return s;
}

/** Sets a field of a configuration from text; what cannot be is left as it was. */
export function set(config, field, text) {
  if (field === "limit") config.limit = Math.min(Math.max(Math.trunc(text) || 20, 1), 100);
  else if (field !== "mode" || MODES.includes(text)) config[field] = text.trim();
}

export function write(s) {
  const u = new URLSearchParams(), d = defaults();
  for (const key of ["q", "qid", "tab"]) if (s[key] !== d[key]) u.set(key, s[key]);
  for (const side of SIDES) for (const field in d[side]) if (s[side][field] !== d[side][field]) u.set(`${side}.${field}`, s[side][field]);
  return "?" + u;
}

/** The part of a request that searches and evaluations share. */
export const bodyOf = (c) => ({ mode: c.mode, filter: c.filter || undefined, lang: c.lang || undefined,
  sort: c.sort ? c.sort.split(",").map((s) => s.trim()).filter(Boolean) : undefined });

export const describe = (c) => [c.mode, c.index, c.filter, c.sort && "by " + c.sort].filter(Boolean).join(" · ");
