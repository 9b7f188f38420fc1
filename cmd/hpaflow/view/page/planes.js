// How planes are shown: on or off, colour, contrast. It is in the address, and kept.

import {$, h, put, say, select} from "./dom.js";
import * as state from "./state.js";

export const percentiles = [0, 0.1, 0.5, 1, 2, 5, 10, 25, 50, 75, 90, 95, 98, 99, 99.5, 99.8, 99.9, 100];
const usual = {red: "ff0000", green: "00ff00", blue: "005aff", yellow: "ffff00"};
const turns = ["00c8ff", "ff00c8", "ffff00", "00ff00", "ff5000", "7850ff", "ffffff"];
const looks = new Map(); // by name of plane
let known = []; // names, in the order they were met

const escaped = name => name.replace(/%/g, "%25").replace(/,/g, "%2C").replace(/;/g, "%3B");
const unescaped = name => name.replace(/%2C/g, ",").replace(/%3B/g, ";").replace(/%25/g, "%");

function usualLook(name, place, alone) {
  return {on: true, colour: alone ? "ffffff" : usual[name.toLowerCase()] ?? turns[place % turns.length], low: 0.1, high: "99.8", gamma: 1};
}

// parse reads looks as the address has them.
function parse(text) {
  looks.clear();
  for (const part of text ? text.split(";") : []) {
    const [name, colour, low, high, gamma] = part.split(",");
    const plane = unescaped(name);
    if (colour === "off") looks.set(plane, {...usualLook(plane, 0, false), on: false});
    else if (gamma !== undefined && /^[0-9a-f]{6}$/.test(colour)) looks.set(plane, {on: true, colour, low: +low, high, gamma: +gamma});
  }
}

// text is the look for the server and the address: of planes that are not as usual.
export function text() {
  return [...looks].map(([name, l]) => l.on ? [escaped(name), l.colour, l.low, l.high, l.gamma].join(",") : escaped(name) + ",off").join(";");
}

export function lookOf(name, place, planes) {
  return looks.get(name) ?? usualLook(name, place, planes === 1);
}

// meet makes controls for planes that were not known yet.
export function meet(names) {
  const fresh = names.filter(n => !known.includes(n));
  if (fresh.length === 0) return;
  known = known.concat(fresh).slice(0, 16);
  draw();
}

export function begin() {
  parse(state.one("look") || state.kept("look") || "");
  state.onChange(names => {
    if (names.includes("look") && state.one("look") !== text()) {
      parse(state.one("look"));
      draw();
    }
  });
}

function changed(name, l) {
  looks.set(name, l);
  state.kept("look", text());
  draw();
  state.set({look: text()}, {step: false});
}

export function toggle(place) {
  const name = known[place];
  if (!name) return;
  const l = lookOf(name, place, known.length);
  changed(name, {...l, on: !l.on});
  say(`${name} ${l.on ? "off" : "on"}`);
}

// range are the values of a plane that become black and the full colour.
export function range(look, stat, bits) {
  const full = [0, 2 ** bits - 1];
  if (look.high === "full") return full;
  const at = p => stat.At[Math.min(percentiles.length - 1, percentiles.findIndex(q => q >= p))];
  const low = at(+look.low), high = at(+look.high);
  return high > low ? [low, high] : full;
}

// shades are the colours from black to the full one.
export function shades(look, steps = 1024) {
  const full = [0, 2, 4].map(i => parseInt(look.colour.slice(i, i + 2), 16));
  const table = new Float32Array(3 * steps);
  for (let i = 0; i < steps; i++) {
    const v = (i / (steps - 1)) ** (1 / look.gamma);
    for (let c = 0; c < 3; c++) table[3 * i + c] = v * full[c];
  }
  return table;
}

function draw() {
  const focused = document.activeElement?.id;
  const chips = known.map((name, i) => {
    const l = lookOf(name, i, known.length);
    const swatch = h("span", {class: "swatch", "aria-hidden": "true"});
    swatch.style.background = l.on ? "#" + l.colour : "transparent";
    return h("span", {class: "plane" + (l.on ? "" : " off")},
      h("button", {type: "button", id: `plane-${i}`, "aria-pressed": String(l.on), title: `${name}: ${l.on ? "shown" : "hidden"} (key ${i + 1})`, onclick: () => toggle(i)}, swatch, name),
      h("button", {type: "button", id: `plane-set-${i}`, class: "set", "aria-label": `Colour and contrast of ${name}`, title: `Colour and contrast of ${name}`, onclick: () => edit(name, i)}, "◐"));
  });
  put($("planes"), h("span", {class: "what"}, "Planes"), ...chips);
  $("planes").hidden = known.length === 0;
  if (focused?.startsWith("plane-")) $(focused)?.focus();
}

// edit opens what sets a plane's colour and contrast.
function edit(name, place) {
  const dialog = $("plane-dialog");
  const l = () => lookOf(name, place, known.length);
  const field = (label, control) => h("label", {}, label, control);
  put(dialog,
    h("h2", {id: "plane-title"}, name),
    field("Colour", h("input", {type: "color", value: "#" + l().colour, oninput: e => changed(name, {...l(), on: true, colour: e.target.value.slice(1)})})),
    field("Black at", select({onchange: e => changed(name, {...l(), low: +e.target.value})},
      percentiles.slice(0, 10).map(p => [p, `percentile ${p}`]), l().low)),
    field("Full at", select({onchange: e => changed(name, {...l(), high: e.target.value})},
      [...percentiles.slice(9).map(p => [p, `percentile ${p}`]), ["full", "what its bits hold, from 0"]], l().high)),
    field("Gamma", h("input", {type: "number", min: 0.1, max: 10, step: 0.1, value: l().gamma, onchange: e => e.target.checkValidity() && changed(name, {...l(), gamma: +e.target.value})})),
    h("p", {class: "note"}, "Percentiles are of each image. Choose what its bits hold to compare images by brightness."),
    h("div", {class: "buttons"},
      h("button", {type: "button", onclick: () => { looks.delete(name); state.kept("look", text()); draw(); state.set({look: text()}, {step: false}); dialog.close(); }}, "As usual"),
      h("button", {type: "button", class: "main", onclick: () => dialog.close()}, "Done")));
  dialog.showModal();
}
