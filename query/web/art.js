// A picture for a product that has none: quiet shapes, coloured by department, cut differently for every product. When the
// product's own colour is known, the largest shape wears it.
import { svg } from "./dom.js";
import { familiesOf, paintOf } from "./colors.js";

export function hash(text) {
  let h = 2166136261; // FNV-1a
  for (const c of text) h = Math.imul(h ^ c.codePointAt(0), 16777619);
  h ^= h >>> 15;
  return Math.imul(h, 2246822519) >>> 0;
}

const MOTIFS = [
  () => [svg("path", { d: "M22 88V50a28 28 0 0 1 56 0v38z" }), svg("path", { class: "b", d: "M40 88V56a10 10 0 0 1 20 0v32z" })],
  () => [svg("circle", { cx: 42, cy: 46, r: 24 }), svg("circle", { class: "b", cx: 62, cy: 60, r: 18 })],
  () => [svg("path", { d: "M50 16c26 18 26 48 0 68c-26-20-26-50 0-68z" }), svg("path", { class: "b", d: "M50 16c10 18 10 48 0 68z" })],
  () => [svg("rect", { x: 26, y: 26, width: 48, height: 48, rx: 8 }), svg("circle", { class: "b", cx: 50, cy: 50, r: 14 })],
  () => [svg("path", { d: "M20 70a30 30 0 0 1 60 0z" }), svg("path", { class: "b", d: "M36 70a14 14 0 0 1 28 0z" }), svg("circle", { cx: 50, cy: 28, r: 6 })],
  () => [svg("path", { d: "M50 18 82 50 50 82 18 50z" }), svg("path", { class: "b", d: "M50 34 66 50 50 66 34 50z" })],
  () => [svg("path", { d: "M30 84V40q0-24 20-24t20 24v44z" }), svg("rect", { class: "b", x: 30, y: 52, width: 40, height: 16 })],
];

export function placeholder(product) {
  const category = [product.category].flat().filter(Boolean)[0] ?? "";
  const department = hash(category.split(" > ")[0]);
  const own = hash(product.id);
  const color = [product.attributes?.color].flat().filter((v) => typeof v === "string").map(familiesOf).flat()[0];
  const turn = [0, 0, 90, 180][own % 4];
  return svg("svg", {
      class: "art", viewBox: "0 0 100 100", "aria-hidden": "true", preserveAspectRatio: "xMidYMid slice",
      vars: { "--hue": department % 360, ...(color && { "--own": paintOf(color) }) },
    },
    svg("rect", { class: "ground", width: 100, height: 100 }),
    svg("g", { transform: `rotate(${turn} 50 50) translate(12 12) scale(.76)` }, MOTIFS[hash(category) % MOTIFS.length]()));
}
