// The page: what is there, which view is shown, and keys.

import {$, h, number, put, say, soon, typing} from "./dom.js";
import {get} from "./api.js";
import {undo, onCorrected} from "./correct.js";
import * as filters from "./filters.js";
import * as grid from "./grid.js";
import * as groups from "./groups.js";
import * as inputs from "./inputs.js";
import * as labels from "./labels.js";
import * as map from "./map.js";
import * as planes from "./planes.js";
import * as sample from "./sample.js";
import * as state from "./state.js";

let about = null;

const views = {
  "": {name: "Grid", show: () => grid.show(about, (s, i) => sample.open(about, s.row, i)), filtered: true},
  groups: {name: "Groups", show: () => groups.show(about, open), there: () => about.groupings.length > 0},
  map: {name: "Map", show: () => map.show(about, open), there: () => about.map, filtered: true},
  labels: {name: "Labels", show: () => labels.show(about), filtered: true},
  inputs: {name: "Inputs", show: () => inputs.show(about)},
};

const open = row => sample.open(about, row);
const view = () => state.one("view") in views ? state.one("view") : "";

function tabs() {
  const focused = document.activeElement?.dataset?.view;
  put($("tabs"), ...Object.entries(views).filter(([, v]) => !v.there || v.there()).map(([key, v]) =>
    h("a", {href: "#" + (key ? "view=" + key : ""), "data-view": key, "aria-current": key === view() ? "page" : null,
      onclick: e => { e.preventDefault(); sample.close({step: false}); state.set({view: key || null}); }}, v.name)));
  if (focused !== undefined) $("tabs").querySelector(`[data-view="${focused}"]`)?.focus();
}

function show() {
  const row = state.one("open");
  sample.drop();
  tabs();
  document.body.classList.toggle("alone", !views[view()].filtered);
  views[view()].show();
  if (row !== "") sample.open(about, +row, -1, {step: false});
}

function progress() {
  const reading = about.inputs.find(i => !i.done), failed = about.inputs.filter(i => i.failed).length;
  put($("progress"),
    about.fault ? h("span", {class: "bad"}, about.fault) : about.loaded ? `${number(about.rows)} samples` : `reading ${reading?.name ?? ""}: ${number(about.rows)} samples so far`,
    failed ? h("button", {type: "button", class: "plain bad", onclick: () => state.set({view: "inputs"})}, `${failed} could not be read`) : "");
}

// look asks what is there, often while files are read.
async function look() {
  try {
    const a = await get("/api/about");
    const before = about;
    about = a;
    progress();
    if (before) {
      if (before.categories.length !== a.categories.length || before.groupings.length !== a.groupings.length || !before.map !== !a.map) tabs();
      filters.told(a);
      grid.told(a);
      if (view() === "inputs") inputs.told(a);
      if (!before.loaded && a.loaded && a.rows === 0 && view() === "") state.set({view: "inputs"}, {step: false});
      else if (before.loaded !== a.loaded && view() !== "") views[view()].show();
    }
  } catch (error) {
    put($("progress"), h("span", {class: "bad"}, "hpaflow view does not answer any more: " + error.message));
  }
  setTimeout(look, about?.loaded ? 3000 : 600);
}

// meet asks the first images which planes there are.
async function meet() {
  for (let tries = 0; tries < 200; tries++) {
    try {
      const a = await get("/api/select", "is=image&is=!dead&count=3");
      for (const s of a.rows) {
        const p = await get("/api/histogram", `row=${s.row}`);
        planes.meet(p.planes.map(one => one.name));
      }
      if (a.rows.length || about.loaded) return;
    } catch { /* the next one may do */ }
    await new Promise(done => setTimeout(done, 500));
    if (about.loaded && tries > 3) return;
  }
}

const keys = [["← ↑ → ↓", "go from sample to sample; in an open one, move the image"], ["Enter", "open a sample"], ["Esc", "close it"], ["j  k", "the next, the one before"],
  ["+  −", "magnify; 0 fits, x shows pixels as they are"], ["Shift ←", "move by one pixel; values are of the one in the middle"], ["1 … 9", "planes on and off"], ["[  ]", "smaller and larger pictures"],
  ["f", "flag"], ["l", "add a label"], ["e", "write a note"], ["z", "undo"], ["/", "search for an Id"], ["g", "to the samples"], ["Alt 1 … 5", "views"], ["?", "these keys"]];

function help() {
  put($("help"), h("h2", {id: "help-title"}, "Keys"),
    h("table", {}, keys.map(([k, what]) => h("tr", {}, h("td", {}, h("kbd", {}, k)), h("td", {}, what)))),
    h("p", {class: "note"}, "The address holds what is shown: copy it to come back to it. Corrections are kept in ", h("span", {class: "id"}, about.corrections), "."),
    h("div", {class: "buttons"}, h("button", {type: "button", class: "main", onclick: () => $("help").close()}, "Close")));
  $("help").showModal();
}

addEventListener("keydown", e => {
  if (typing(e) || e.ctrlKey || e.metaKey || document.querySelector("dialog[open]")) {
    if (e.key === "Escape" && e.target.id === "search") grid.focusOn(0);
    return;
  }
  if (e.altKey) {
    const key = Object.keys(views).filter(k => !views[k].there || views[k].there())[+e.key - 1];
    if (key === undefined) return;
    sample.close({step: false});
    state.set({view: key || null});
  } else if (e.key >= "1" && e.key <= "9") planes.toggle(+e.key - 1);
  else if (e.key === "?") help();
  else if (e.key === "/") { document.body.classList.add("filtering"); $("search")?.focus(); }
  else if (e.key === "g") grid.focusOn(0);
  else if (e.key === "[") grid.resize(grid.size() - 32);
  else if (e.key === "]") grid.resize(grid.size() + 32);
  else if (e.key === "z") undo();
  else if (e.key === "Escape") { document.body.classList.remove("filtering"); sample.close(); }
  else return;
  e.preventDefault();
});

$("help-button").addEventListener("click", help);
$("skip").addEventListener("click", e => { e.preventDefault(); grid.focusOn(0); });

const repaint = soon(() => { grid.repaint(); sample.repaint(); }, 30);

state.onChange(names => {
  if (names.includes("look")) repaint();
  if (names.includes("view")) show();
  else if (state.filtering(names)) {
    if (view() === "") grid.ask();
    else if (views[view()].filtered) views[view()].show();
  } else if (names.includes("g")) views[view()].show();
  if (state.filtering(names)) { filters.draw(); filters.refresh(); }
  if (names.includes("open")) {
    if (state.one("open") === "") sample.close({step: false});
    else if (sample.row() !== +state.one("open")) sample.open(about, +state.one("open"), -1, {step: false});
  }
});

onCorrected(() => { look1(); });
const look1 = soon(async () => {
  about = await get("/api/about");
  filters.told(about);
  grid.told(about);
}, 50);

about = await get("/api/about");
planes.begin();
filters.begin(about);
show();
progress();
meet();
setTimeout(look, about.loaded ? 3000 : 400);
if (about.loaded && about.rows === 0 && view() === "") state.set({view: "inputs"}, {step: false});
say("Ready.");
