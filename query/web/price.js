// The two-ended price slider: two native range inputs on one track, so that keys, touch and screen readers work as usual.
// Wide ranges are divided evenly by ratio: between 2 and 2,000 the middle is about 60.
import { h } from "./dom.js";
import { money, t } from "./i18n.js";

const STEPS = 100;

function scale(min, max) {
  const logarithmic = min > 0 && max / min > 40;
  const at = (i) => (logarithmic ? min * (max / min) ** (i / STEPS) : min + ((max - min) * i) / STEPS);
  const of = (value) => Math.round(STEPS * (logarithmic ? Math.log(value / min) / Math.log(max / min) : (value - min) / (max - min)));
  // As round as the distance to the next step allows: 47, 460, 4,600. Finer would look odd, coarser would stick.
  const round = (i) => {
    const grain = Math.max(10 ** Math.floor(Math.log10(0.8 * (at(i + 1) - at(i)))), 0.01);
    return Number((Math.round(at(i) / grain) * grain).toFixed(2));
  };
  return { of, at: (i) => (i <= 0 ? min : i >= STEPS ? max : Math.min(Math.max(round(i), min), max)) };
}

/** null when there is no range to choose from. onChange(low or null, high or null): null is "no limit". */
export function priceRange(state, stats, currency, onChange) {
  let [low, high] = state.price;
  if (!stats && low === null && high === null) return null;
  const min = Math.min(...[stats?.min, low, high].filter((v) => v != null));
  const max = Math.max(...[stats?.max, low, high].filter((v) => v != null));
  if (!(max > min)) return null;
  const { at, of } = scale(min, max);
  const ends = [low === null ? 0 : of(low), high === null ? STEPS : of(high)];
  const value = (i) => (i === 0 && ends[0] === 0 ? min : i === 1 && ends[1] === STEPS ? max : at(ends[i]));
  const text = (i) => money(value(i), currency, max - min > 20);

  const labels = [h("output"), h("output")];
  const fill = h("div", { class: "fill" });
  const inputs = [0, 1].map((i) =>
    h("input", { type: "range", min: 0, max: STEPS, value: ends[i], "data-key": "price:" + i,
      "aria-label": t(i ? "priceTo" : "priceFrom"),
      oninput: () => {
        const position = Number(inputs[i].value);
        ends[i] = i ? Math.max(position, ends[0] + 1) : Math.min(position, ends[1] - 1); // the ends do not cross
        inputs[i].value = ends[i];
        paint();
      },
      onchange: () => onChange(ends[0] === 0 ? null : value(0), ends[1] === STEPS ? null : value(1)) }));

  function paint() {
    for (const i of [0, 1]) {
      labels[i].textContent = text(i);
      inputs[i].setAttribute("aria-valuetext", text(i));
    }
    fill.style.setProperty("inset-inline-start", ends[0] + "%");
    fill.style.setProperty("inset-inline-end", STEPS - ends[1] + "%");
    inputs[0].classList.toggle("above", ends[0] > STEPS / 2); // so that two thumbs at the right end can be parted again
  }
  paint();
  return h("div", { class: "range" }, h("div", { class: "track" }, fill, inputs), h("div", { class: "ends" }, labels));
}
