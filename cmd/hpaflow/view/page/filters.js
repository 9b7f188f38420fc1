// The filters beside the samples, each with how many there are.

import {$, h, number, put, select, soon, visible} from "./dom.js";
import {get} from "./api.js";
import * as state from "./state.js";

let about = null;
let counts = null;
let asked = null;
let open = new Set(["labels"]);

const flags = [["image", "with an image"], ["labelled", "labelled"], ["dead", "dead: a run has lost it"], ["grouped", "in a group of duplicates"],
  ["flagged", "flagged"], ["corrected", "labels corrected"], ["noted", "with a note"]];

export function begin(a) {
  about = a;
  draw();
  refresh();
}

// told takes what is there by now, as while files are read.
export function told(a) {
  const shape = x => JSON.stringify([x.categories, x.tables, x.thresholds, x.groupings, x.labels]);
  const other = !about || shape(a) !== shape(about), newer = !about || a.version !== about.version;
  about = a;
  if (other) draw();
  if (newer) refresh(true);
}

// refresh asks for the counts of what is shown.
export const refresh = soon(async force => {
  const q = state.question({sort: "", near: "", back: ""}).toString();
  if (!force && q === asked) return;
  asked = q;
  try {
    const a = await get("/api/counts", q);
    if (q !== asked) return;
    counts = a.counts;
    count();
  } catch { /* the grid says what is wrong */ }
}, 60);

const changed = changes => state.set(changes);

// choice is a filter that is asked for, or for its contrary, or not at all.
function choice({key, name, on, off, cycle, countOf}) {
  const is = on ? "yes" : off ? "no" : "";
  return h("button", {type: "button", class: "choice", "data-state": is, "data-key": key, "aria-pressed": on ? "true" : off ? "mixed" : "false",
    title: `${name}${on ? ": asked for" : off ? ": left out" : ""}`, onclick: cycle},
    h("span", {class: "mark", "aria-hidden": "true"}, on ? "+" : off ? "−" : ""), h("span", {class: "name cut"}, name),
    h("span", {class: "count", "data-count": key}, countOf() ?? ""));
}

// turned is a list with a value moved: wanted, then unwanted, then neither.
function turned(yes, no, value) {
  if (yes.includes(value)) return [yes.filter(v => v !== value), no.concat(value)];
  if (no.includes(value)) return [yes, no.filter(v => v !== value)];
  return [yes.concat(value), no];
}

const shown = n => n === undefined ? undefined : number(n);

function countFor(key) {
  if (!counts) return undefined;
  const [kind, a, b] = key.split(":");
  switch (kind) {
    case "label": return shown(counts.labels[+a]);
    case "is": return shown(counts.flags[a] ?? 0);
    case "source": return shown(counts.sources[+a]);
    case "in": return shown(counts.categories?.[+a]?.[+b]);
  }
}

function count() {
  for (const e of document.querySelectorAll("[data-count]")) {
    e.textContent = countFor(e.dataset.count) ?? "";
    e.parentElement.classList.toggle("none", e.textContent === "0");
  }
}

function section(name, key, ...children) {
  const d = h("details", {open: open.has(key), ontoggle: e => e.target.open ? open.add(key) : open.delete(key)}, h("summary", {}, name), ...children);
  return h("section", {class: "filter"}, d);
}

// named is a section that is called as a file is.
const named = (...all) => { const s = section(...all); s.classList.add("named"); return s; };

function labels() {
  const has = state.list("has"), not = state.list("not");
  return section("Labels", "labels", about.labels.map((name, n) => choice({
    key: `label:${n}`, name: `${n} ${name}`, on: has.includes(String(n)), off: not.includes(String(n)), countOf: () => countFor(`label:${n}`),
    cycle: () => { const [yes, no] = turned(state.list("has"), state.list("not"), String(n)); changed({has: yes.join(","), not: no.join(",")}); },
  })));
}

function marks() {
  const is = state.all("is");
  return section("State", "state", flags.map(([key, name]) => choice({
    key: `is:${key}`, name, on: is.includes(key), off: is.includes("!" + key), countOf: () => countFor(`is:${key}`),
    cycle: () => {
      const now = state.all("is"), rest = now.filter(v => v !== key && v !== "!" + key);
      changed({is: now.includes(key) ? [...rest, "!" + key] : now.includes("!" + key) ? rest : [...rest, key]});
    },
  })));
}

function sources() {
  return section("Source", "source", about.sources.map((name, i) => choice({
    key: `source:${i}`, name, on: state.list("source").includes(name), off: false, countOf: () => countFor(`source:${i}`),
    cycle: () => { const now = state.list("source"); changed({source: (now.includes(name) ? now.filter(v => v !== name) : [...now, name]).join(",")}); },
  })));
}

function categories() {
  return about.categories.map((c, i) => named(visible(c.name), `in:${c.name}`, c.values.map((value, v) => choice({
    key: `in:${i}:${v}`, name: value === "" ? "not there" : value === "in" ? "there" : visible(value), on: state.all("in").includes(`${i}:${v}`), off: false, countOf: () => countFor(`in:${i}:${v}`),
    cycle: () => { const now = state.all("in"), key = `${i}:${v}`, rest = now.filter(k => !k.startsWith(`${i}:`)); changed({in: now.includes(key) ? rest : [...rest, key]}); },
  }))));
}

const verdicts = [["", "any"], ["wrong", "wrong"], ["right", "right"], ["fp", "false positive"], ["fn", "false negative"], ["tp", "true positive"], ["tn", "true negative"]];

function predictions() {
  if (about.tables.length === 0) return null;
  const [kind, label = "-1"] = state.one("verdict").split(":");
  const [, rl = "0", low = "0", high = "1"] = state.all("p")[0]?.split(":") ?? [];
  const ranged = state.all("p").length > 0;
  const labelChoices = about.labels.map((name, n) => [n, `${n} ${name}`]);
  const range = soon(() => {
    const n = $("range-label").value, lo = $("range-low").value, hi = $("range-high").value;
    changed({p: lo === "0" && hi === "1" ? null : `${state.one("table", "0")}:${n}:${lo || 0}:${hi || 1}`});
  }, 250);
  const verdict = () => changed({verdict: $("verdict").value === "" ? null : `${$("verdict").value}:${$("verdict-label").value}`});
  const table = e => {
    const p = state.all("p").map(text => text.replace(/^\d+/, e.target.value));
    changed({table: e.target.value === "0" ? null : e.target.value, p});
  };
  return section("Predictions", "predictions",
    h("div", {class: "row"}, select({"aria-label": "Table of predictions", onchange: table}, about.tables.map((t, i) => [i, t.name]), state.one("table", "0"))),
    h("div", {class: "row"}, select({"aria-label": "Thresholds", onchange: e => changed({by: e.target.value === "0" ? null : e.target.value})},
      [["0", "threshold 0.5"], ...about.thresholds.map((t, i) => [i + 1, t.name])], state.one("by", "0"))),
    h("div", {class: "row"}, select({id: "verdict", "aria-label": "Right or wrong", onchange: verdict}, verdicts, kind),
      select({id: "verdict-label", "aria-label": "for which label", onchange: verdict}, [["-1", "any label"], ...labelChoices], label)),
    h("div", {class: "row"}, select({id: "range-label", "aria-label": "Probability of label", onchange: range}, labelChoices, rl)),
    h("div", {class: "row"}, h("label", {}, "from ", h("input", {id: "range-low", type: "number", min: 0, max: 1, step: 0.01, value: ranged ? low : "0", oninput: range})),
      h("label", {}, " to ", h("input", {id: "range-high", type: "number", min: 0, max: 1, step: 0.01, value: ranged ? high : "1", oninput: range}))),
    h("div", {class: "row"}, h("label", {}, "within ", h("input", {id: "unsure", type: "number", min: 0, max: 0.5, step: 0.01, value: state.one("unsure", ""), placeholder: "0.05",
      onchange: e => changed({unsure: e.target.value})}), " of a threshold")));
}

export function draw() {
  const focused = document.activeElement?.dataset?.key ?? null, id = document.activeElement?.id;
  if (focused === null && id === "search") { marksOnly(); return; }
  const search = soon(value => state.set({text: value}, {step: false}), 200);
  put($("filters"),
    h("div", {class: "row only-narrow"}, h("button", {type: "button", onclick: () => document.body.classList.remove("filtering")}, "Close the filters")),
    h("section", {class: "filter"}, h("h3", {}, h("label", {for: "search"}, "Id contains")),
      h("input", {id: "search", type: "search", value: state.one("text"), spellcheck: "false", autocomplete: "off", oninput: e => search(e.target.value)})),
    ...[labels(), marks(), predictions(), sources(), ...categories()].filter(Boolean));
  if (focused) document.querySelector(`#filters [data-key="${CSS.escape(focused)}"]`)?.focus();
  else if (id && id !== "filters") $(id)?.focus?.();
  count();
}

function marksOnly() {
  const search = $("search");
  if (search.value !== state.one("text") && document.activeElement !== search) search.value = state.one("text");
}
