// One sample: its pixels, what is known of it, and what can be corrected.

import {$, h, number, percent, put, say, typing, visible} from "./dom.js";
import {get} from "./api.js";
import {canUndo, correct, onCorrected, undo} from "./correct.js";
import {beside, count, thumbnail} from "./grid.js";
import {bars} from "./bars.js";
import {viewer} from "./viewer.js";
import * as planes from "./planes.js";
import * as state from "./state.js";

let about = null, shown = null, shownRow = -1, place = -1, panel = null, view = null, info = null, wanted = 0;

export const row = () => panel ? shownRow : -1;

// open shows a sample; i is its place in the list, or -1.
export async function open(a, row, i = -1, {step = true} = {}) {
  about = a;
  document.body.classList.remove("filtering");
  place = i;
  shownRow = row;
  if (!panel) {
    view = viewer();
    info = h("div", {class: "info", tabindex: "-1"});
    panel = h("div", {class: "sample", role: "dialog", "aria-label": "A sample", "aria-modal": "true", onkeydown: keyed}, view.element, info);
    $("main").append(panel);
    document.body.classList.add("opened");
  }
  state.set({open: String(row)}, {step});
  const mine = ++wanted;
  try {
    const s = await get("/api/sample", `row=${row}`);
    if (mine !== wanted || !panel) return;
    tell(s);
    view.show(s);
    view.canvas.focus({preventScroll: true});
    say(`${visible(s.id)}: ${words(s.labels)}`);
  } catch (error) {
    if (mine === wanted && panel) put(info, h("p", {class: "bad"}, error.message), h("button", {type: "button", onclick: close}, "Close"));
  }
}

// drop takes the panel away, as when another view is shown.
export function drop() {
  view?.end();
  panel?.remove();
  panel = null;
  document.body.classList.remove("opened");
}

export function close({step = true} = {}) {
  if (!panel) return;
  drop();
  state.set({open: null}, {step});
  const row = shown?.row;
  shown = null;
  const tile = document.querySelector(`.tile[data-row="${row}"]`);
  (tile ?? $("main")).focus({preventScroll: true});
}

export const repaint = () => view?.paint();

onCorrected(s => {
  if (panel && shown?.id === s.id) tell(s);
});

const words = labels => labels === null ? "unlabelled" : labels.length ? labels.map(n => about.labels[n] ?? n).join(", ") : "no label";

async function go(by) {
  if (place < 0) return;
  const s = await beside(place + by);
  if (s) open(about, s.row, place + by, {step: false});
}

function tell(s) {
  shown = s;
  const focused = document.activeElement?.id;
  const button = (text, title, action, extra = {}) => h("button", {type: "button", title, onclick: action, ...extra}, text);
  const where = place >= 0 ? ` ${number(place + 1)} of ${number(count())}` : "";
  put(info,
    h("div", {class: "actions"},
      button("×", "Close (Esc)", () => close(), {"aria-label": "Close"}),
      button("‹", "The one before (k)", () => go(-1), {"aria-label": "The one before", disabled: place <= 0}),
      button("›", "The next one (j)", () => go(1), {"aria-label": "The next one", disabled: place < 0 || place >= count() - 1}),
      h("span", {class: "note"}, where)),
    h("h2", {class: "id whole"}, visible(s.id)),
    s.cause ? h("p", {class: "bad whole"}, "Dead: " + visible(s.cause)) : null,
    labels(s), note(s),
    s.tables.length ? bars(s, about) : null,
    groups(s), nears(s), histograms(s), known(s));
  if (focused && focused !== "main") $(focused)?.focus({preventScroll: true});
}

function section(name, ...children) {
  return h("section", {class: "part"}, h("h3", {}, name), ...children);
}

// labels are those it has, each with a way to take it away, and one to add.
function labels(s) {
  const chips = (s.labels ?? []).map(n => h("span", {class: "label"}, `${n} ${about.labels[n] ?? ""}`,
    h("button", {type: "button", "aria-label": `Remove ${about.labels[n] ?? n}`, title: "Remove this label", onclick: () => correct(s.id, {drop: [n]})}, "×")));
  const others = about.labels.map((name, n) => [n, `${n} ${name}`]).filter(([n]) => !(s.labels ?? []).includes(n));
  // Arrows go from label to label, and each would be a choice: by keys, Enter chooses.
  let byKeys = false;
  const take = e => e.target.value !== "" && correct(s.id, {add: [+e.target.value]});
  const add = h("select", {id: "add-label", "aria-label": "Add a label: choose one, then Enter", onpointerdown: () => { byKeys = false; }, onchange: e => byKeys || take(e),
    onkeydown: e => {
      byKeys = true;
      if (e.key !== "Enter") return;
      take(e);
      e.preventDefault();
    }}, h("option", {value: ""}, "Add a label…"), others.map(([value, text]) => h("option", {value}, text)));
  return section("Labels",
    h("div", {class: "chips"}, chips.length ? chips : h("span", {class: "note"}, words(s.labels)), add),
    s.corrected ? h("p", {class: "warn"}, "corrected; before: " + words(s.before)) : null);
}

function note(s) {
  const text = h("textarea", {id: "note", rows: 2, "aria-label": "Note", placeholder: "A note", maxlength: 4000, value: s.note, onchange: e => e.target.value.trim() !== shown.note && correct(s.id, {note: e.target.value.trim()})});
  return section("Marks",
    h("div", {class: "row"},
      h("button", {type: "button", id: "flag", "aria-pressed": String(!!s.flagged), title: "Flag this sample (f)", onclick: () => correct(s.id, {flag: !s.flagged})}, s.flagged ? "⚑ Flagged" : "⚐ Flag"),
      h("button", {type: "button", id: "undo", title: "Take back the last change of this sample (z)", disabled: !s.last && !canUndo(), onclick: takeBack}, "Undo")),
    text);
}

const takeBack = () => shown?.last ? undo(shown.id, shown.last) : undo();

function strip(list, under) {
  return h("div", {class: "strip"}, list.map(m => h("button", {type: "button", class: "tile small", "data-row": m.row, title: visible(m.id), onclick: () => open(about, m.row, -1)},
    thumbnail(m, 96, visible(m.id)), h("span", {class: "note"}, under(m)))));
}

function groups(s) {
  return (s.groups ?? []).map(g => section(`Group ${g.number + 1} of ${g.grouping}`,
    strip(g.members.filter(m => m.row !== s.row), m => m.adistance >= 0 ? `${m.adistance} / ${m.pdistance} bits` : ""),
    h("button", {type: "button", class: "plain", onclick: () => { close(); state.set({view: null, group: `${g.at}:${g.number + 1}`}); }}, `Show all ${g.size}`)));
}

function nears(s) {
  if (!s.near?.length) return null;
  return section("Neighbours", strip(s.near, m => m.cosine.toFixed(3)),
    h("button", {type: "button", class: "plain", onclick: () => { close(); state.set({view: null, sort: "near", near: s.id, back: null}); }}, "Order all by nearness"));
}

// histograms are how many pixels have which value, plane by plane, by logarithm.
function histograms(s) {
  if (!s.image) return null;
  const box = h("div", {class: "histograms"}, h("p", {class: "note"}, "…"));
  get("/api/histogram", `row=${s.row}`).then(a => {
    const pixels = a.planes[0].counts.reduce((x, y) => x + y, 0);
    put(box, ...a.planes.map((p, i) => {
      const canvas = h("canvas", {width: 256, height: 48, role: "img", "aria-label": `Histogram of ${p.name}: values ${p.min} to ${p.max}`});
      const c = canvas.getContext("2d"), most = Math.log1p(Math.max(...p.counts));
      c.fillStyle = "#" + planes.lookOf(p.name, i, a.planes.length).colour;
      p.counts.forEach((n, v) => { const y = n ? Math.max(1, 46 * Math.log1p(n) / most) : 0; c.fillRect(v, 48 - y, 1, y); });
      return h("figure", {}, h("figcaption", {class: "note"}, `${p.name}: ${p.min} to ${p.max}, ${percent(p.counts[0] / pixels)} ${a.bits > 8 ? "in the darkest range" : "are 0"}`), canvas);
    }));
  }, error => put(box, h("p", {class: "note"}, error.message)));
  return section("Histograms", box);
}

// known is where it comes from.
function known(s) {
  const rows = [["Source", s.source], ...Object.entries(s.in).sort().map(([k, v]) => [k, v === "in" ? "yes" : v])];
  if (s.ahash) rows.push(["ahash", s.ahash], ["phash", s.phash]);
  return section("Provenance",
    h("dl", {class: "known"}, rows.map(([k, v]) => [h("dt", {class: "whole"}, visible(k)), h("dd", {class: "whole"}, visible(v))])),
    (s.where ?? []).map(w => h("p", {class: "id whole note"}, visible(w))));
}

function keyed(e) {
  if (e.key === "Escape") close();
  else if (e.key === "Tab") { hold(e); return; }
  else if (typing(e) || e.ctrlKey || e.metaKey || e.altKey) return;
  else if (e.key === "j" || e.key === "n") go(1);
  else if (e.key === "k" || e.key === "p") go(-1);
  else if (e.key === "f") correct(shown.id, {flag: !shown.flagged});
  else if (e.key === "z") takeBack();
  else if (e.key === "l") $("add-label").focus();
  else if (e.key === "e") $("note").focus();
  else if (!view.key(e)) return;
  e.preventDefault();
  e.stopPropagation();
}

// hold keeps the focus in the panel.
function hold(e) {
  const list = [...panel.querySelectorAll("button:not(:disabled), input, select, textarea, canvas[tabindex]")].filter(x => x.offsetParent);
  const at = list.indexOf(document.activeElement);
  if (e.shiftKey && at <= 0) list.at(-1).focus();
  else if (!e.shiftKey && at === list.length - 1) list[0].focus();
  else return;
  e.preventDefault();
}
