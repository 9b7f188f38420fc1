// Labels: how good each is predicted, by which threshold, and which stand together.
// Every number leads to the samples behind it.

import {$, h, number, percent, put, select} from "./dom.js";
import {get} from "./api.js";
import * as state from "./state.js";

export async function show(about) {
  const box = h("div", {class: "scroller pages"}, h("p", {class: "note"}, "…"));
  const t = +state.one("table", "0"), has = about.tables.length > 0;
  const bar = h("div", {class: "bar"},
    has ? select({"aria-label": "Table of predictions", onchange: e => state.set({table: e.target.value === "0" ? null : e.target.value})}, about.tables.map((x, i) => [i, x.name]), t) : null,
    has ? select({"aria-label": "Thresholds", onchange: e => state.set({by: e.target.value === "0" ? null : e.target.value})}, [["0", "threshold 0.5"], ...about.thresholds.map((x, i) => [i + 1, x.name])], state.one("by", "0")) : null,
    h("span", {class: "note"}, "of the samples that the filters leave"));
  put($("main"), bar, box);
  const q = state.question({sort: "", back: "", near: ""});
  try {
    const [scores, counts, together] = await Promise.all([has ? get("/api/scores", q) : null, get("/api/counts", q), get("/api/together", q)]);
    if (!box.isConnected) return;
    put(box,
      h("h2", {}, has ? "F1 of each label" : "Labels"), table(about, scores, counts.counts, q),
      h("h2", {}, "Labels that stand together"), h("p", {class: "note"}, "Of the samples with the label of a row, the share that has that of a column. Choose one to see the samples."), matrix(about, together));
  } catch (error) {
    put(box, h("p", {class: "bad"}, error.message));
  }
}

function link(text, changes, title) {
  return h("button", {type: "button", class: "plain", title, onclick: () => state.set({view: null, ...changes})}, text);
}

function table(about, scores, counts, q) {
  const head = ["label", "samples", ...(scores ? ["F1", "", "threshold", "right", "false positive", "false negative", ""] : [])];
  const present = scores?.filter(s => s.tp + s.fn > 0) ?? [];
  const mean = list => list.length ? list.reduce((a, s) => a + s.f1, 0) / list.length : 0;
  const body = about.labels.flatMap((name, n) => {
    const s = scores?.[n], detail = h("tr", {hidden: true}, h("td", {colspan: head.length}));
    const bar = h("span", {class: "bar"}, h("span", {class: "fill"}));
    if (s) bar.firstChild.style.width = 100 * s.f1 + "%";
    const verdict = kind => ({verdict: `${kind}:${n}`});
    return [h("tr", {}, h("th", {scope: "row"}, `${n} ${name}`), h("td", {}, link(number(counts.labels[n]), {has: String(n)}, "show these")),
      ...(s ? [h("td", {}, s.tp + s.fn + s.fp ? s.f1.toFixed(3) : "–"), h("td", {class: "wide"}, bar), h("td", {}, s.threshold.toFixed(2)), h("td", {}, link(number(s.tp), verdict("tp"), "show true positives")),
        h("td", {}, link(number(s.fp), verdict("fp"), "show false positives")), h("td", {}, link(number(s.fn), verdict("fn"), "show false negatives")),
        h("td", {}, h("button", {type: "button", class: "plain", "aria-expanded": "false", onclick: e => curve(e.target, detail, about, n, q, s)}, "curve"))] : [])), detail];
  });
  return h("div", {class: "wide-table"},
    scores ? h("p", {}, `macro F1 ${mean(scores).toFixed(4)}; of the ${present.length} labels that occur, ${mean(present).toFixed(4)}`) : null,
    h("table", {class: "scores"}, h("thead", {}, h("tr", {}, head.map(t => h("th", {scope: "col"}, t)))), h("tbody", {}, body)));
}

// curve shows the F1 of a label at each threshold.
async function curve(button, row, about, n, q, score) {
  row.hidden = !row.hidden;
  button.setAttribute("aria-expanded", String(!row.hidden));
  if (row.hidden) return;
  const cell = row.firstChild;
  try {
    const list = await get("/api/curve", `${q}&label=${n}`.replace(/(^|&)label=[^&]*(?=.*&label=)/, ""));
    const canvas = h("canvas", {width: 520, height: 140, role: "img", "aria-label": `F1 of ${about.labels[n]} by threshold: best ${Math.max(...list.map(s => s.f1)).toFixed(3)}`});
    const c = canvas.getContext("2d"), ink = getComputedStyle(document.body).color;
    const x = t => 10 + 500 * t, y = f => 125 - 115 * f;
    c.strokeStyle = "#888"; c.strokeRect(10, 10, 500, 115);
    c.beginPath(); c.moveTo(x(score.threshold), 10); c.lineTo(x(score.threshold), 125); c.setLineDash([4, 4]); c.stroke(); c.setLineDash([]);
    c.strokeStyle = ink; c.lineWidth = 2; c.beginPath();
    list.forEach((s, i) => i ? c.lineTo(x(s.threshold), y(s.f1)) : c.moveTo(x(s.threshold), y(s.f1)));
    c.stroke();
    const best = list.reduce((a, s) => s.f1 > a.f1 ? s : a);
    const at = h("input", {type: "range", min: 0, max: 100, value: Math.round(100 * score.threshold), "aria-label": "Threshold", oninput: () => told()});
    const words = h("span", {}), behind = h("span", {});
    const told = () => {
      const s = list[+at.value], table = state.one("table", "0");
      words.textContent = `at ${s.threshold.toFixed(2)}: F1 ${s.f1.toFixed(3)}; ${number(s.tp)} right, ${number(s.fp)} false positive, ${number(s.fn)} false negative. `;
      put(behind, link("above it", {p: `${table}:${n}:${s.threshold}:1`}, "show the samples above this threshold"), link("near it", {p: `${table}:${n}:${Math.max(0, s.threshold - 0.05).toFixed(2)}:${Math.min(1, s.threshold + 0.05).toFixed(2)}`}, "show the samples within 0.05 of it"));
    };
    told();
    put(cell, h("div", {class: "curve"}, canvas, h("p", {class: "note"}, `best at ${best.threshold.toFixed(2)}: F1 ${best.f1.toFixed(3)}; now ${score.threshold.toFixed(2)}: F1 ${score.f1.toFixed(3)}`), at, h("p", {}, words, behind)));
  } catch (error) {
    put(cell, h("p", {class: "note"}, error.message));
  }
}

function matrix(about, together) {
  const used = about.labels.map((_, n) => n).filter(n => together[n][n] > 0);
  if (used.length === 0) return h("p", {class: "note"}, "No sample has a label.");
  return h("div", {class: "wide-table"}, h("table", {class: "matrix"},
    h("thead", {}, h("tr", {}, h("td", {}), used.map(n => h("th", {scope: "col", title: about.labels[n]}, String(n))))),
    h("tbody", {}, used.map(a => h("tr", {}, h("th", {scope: "row"}, `${a} ${about.labels[a]}`), used.map(b => {
      const n = together[a][b], share = n / together[a][a], words = a === b ? `${about.labels[a]}: ${number(n)}` : `${about.labels[a]} and ${about.labels[b]}: ${number(n)}, ${percent(share)}`;
      const e = h("button", {type: "button", title: words, "aria-label": words, disabled: n === 0, onclick: () => state.set({view: null, has: a === b ? String(a) : `${a},${b}`})});
      if (n) e.style.background = `color-mix(in srgb, var(--accent) ${Math.round(a === b ? 12 : 15 + 85 * share)}%, transparent)`;
      return h("td", {}, e);
    }))))));
}
