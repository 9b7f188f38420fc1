// What was given, what each is, and what could not be read.

import {$, h, number, put, visible} from "./dom.js";
import * as state from "./state.js";

export function show(about) {
  put($("main"), h("div", {class: "scroller pages", id: "inputs"}));
  told(about);
}

export function told(about) {
  const box = $("inputs");
  if (!box) return;
  put(box,
    h("h2", {}, "What is shown"),
    h("div", {class: "wide-table"}, h("table", {class: "inputs"}, h("thead", {}, h("tr", {}, ["what", "kind", "came to"].map(t => h("th", {scope: "col"}, t)))),
      h("tbody", {}, about.inputs.map(i => h("tr", {}, h("td", {class: "whole"}, visible(i.name)), h("td", {}, i.kind), h("td", {class: i.failed ? "bad whole" : "whole"}, i.done ? visible(i.note) : "is being read")))))),
    h("p", {}, "Samples without an image: ", h("button", {type: "button", class: "plain", onclick: () => state.set({view: null, is: "!image"})}, "show them")),
    about.runs?.length ? h("h2", {}, "Training runs") : null, ...(about.runs ?? []).map(r => run(r, about)),
    h("h2", {}, "Corrections"),
    h("p", {}, `${number(about.changes)} changes in `, h("span", {class: "id whole"}, about.corrections)),
    h("p", {class: "note"}, "Flows take them: ", h("span", {class: "id whole"}, `hpaflow run train.flow --set corrections=${about.corrections}`), ". The tables themselves stay as they are."));
}

// run is what training came to, epoch by epoch.
function run(r, about) {
  const canvas = h("canvas", {width: 520, height: 120, role: "img", "aria-label": `Macro F1 of ${r.name} by epoch; best ${r.best_f1.toFixed(4)} in epoch ${r.best}`});
  const c = canvas.getContext("2d"), n = Math.max(1, (r.epochs?.length ?? 1) - 1), most = Math.max(0.01, ...(r.epochs ?? []).map(e => e.macro_f1));
  c.strokeStyle = "#888"; c.strokeRect(10, 5, 500, 105);
  c.strokeStyle = getComputedStyle(document.body).color; c.lineWidth = 2; c.beginPath();
  (r.epochs ?? []).forEach((e, i) => { const x = 10 + 500 * i / n, y = 110 - 100 * e.macro_f1 / most; i ? c.lineTo(x, y) : c.moveTo(x, y); });
  c.stroke();
  return h("section", {class: "part"}, h("h3", {}, `${visible(r.name)}${r.model ? ", " + r.model : ""}`), canvas,
    h("p", {class: "note"}, `macro F1 of what it was validated on; best ${r.best_f1.toFixed(4)} in epoch ${r.best}`),
    r.label_f1?.length ? h("details", {}, h("summary", {}, "F1 of each label, then"), h("ul", {}, r.label_f1.map((f, i) => h("li", {}, `${i} ${about.labels[i] ?? ""}: ${f.toFixed(3)}`)))) : null);
}
