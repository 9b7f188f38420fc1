// Probabilities as bars, two tables beside one another, with their thresholds.

import {h, put, select} from "./dom.js";
import * as state from "./state.js";

let every = false, second = -1;

export function bars(s, about) {
  const section = h("section", {class: "part"});
  const draw = () => {
    const by = +state.one("by", "0"), threshold = n => by ? about.thresholds[by - 1]?.values[n] ?? 0.5 : 0.5;
    const main = s.tables.find(t => t.table === +state.one("table", "0")) ?? s.tables[0];
    const others = s.tables.filter(t => t !== main);
    const other = others.find(t => t.table === second) ?? others.find(t => t.p) ?? others[0];
    const shown = [main, other].filter(Boolean);
    const of = (t, n) => t.p ? t.p[n] : t.decisions[0].includes(n) ? 1 : 0;
    const truth = s.labels ?? [];
    const order = about.labels.map((_, n) => n).sort((a, b) => Math.max(...shown.map(t => of(t, b))) - Math.max(...shown.map(t => of(t, a))) || a - b);
    const list = every ? order : order.filter((n, i) => i < 8 || truth.includes(n) || shown.some(t => said(t, n)));
    function said(t, n) { return t.p ? t.p[n] > threshold(n) : t.decisions[0].includes(n); }
    const bar = (t, n, i) => {
      const p = of(t, n), fill = h("span", {class: "fill" + (i ? " second" : "")}), tick = h("span", {class: "tick"});
      fill.style.width = 100 * p + "%";
      tick.style.left = 100 * threshold(n) + "%";
      const verdict = s.labels === null ? "" : said(t, n) ? truth.includes(n) ? "right" : "false positive" : truth.includes(n) ? "false negative" : "";
      return h("td", {title: `${about.labels[n]}, ${t.name}: ${p.toFixed(4)}, threshold ${threshold(n).toFixed(2)}${verdict ? ", " + verdict : ""}`},
        h("div", {class: "probability"}, h("span", {class: "bar"}, fill, t.p ? tick : null), h("span", {class: "value " + (verdict.startsWith("false") ? "bad" : verdict ? "good" : "")}, t.p ? p.toFixed(2) : p ? "yes" : "no")));
    };
    put(section,
      h("h3", {}, "Probabilities"),
      h("table", {class: "probabilities"},
        h("thead", {}, h("tr", {}, h("th", {scope: "col"}, "label"), shown.map((t, i) => h("th", {scope: "col", title: t.name}, i === 1 && others.length > 1
          ? select({"aria-label": "The second table", onchange: e => { second = +e.target.value; draw(); }}, others.map(o => [o.table, o.name]), other.table)
          : h("span", {class: "whole"}, t.name))))),
        h("tbody", {}, list.map(n => h("tr", {class: truth.includes(n) ? "true" : ""}, h("th", {scope: "row"}, `${n} ${about.labels[n]}`), shown.map((t, i) => bar(t, n, i)))))),
      h("button", {type: "button", class: "plain", id: "every", onclick: () => { every = !every; draw(); }}, every ? "Fewer" : `All ${about.labels.length}`));
  };
  draw();
  return section;
}
