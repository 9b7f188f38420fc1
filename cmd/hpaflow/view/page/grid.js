// The samples as small pictures. Only those in sight are in the document, of any number.

import {$, h, put, say, soon, visible} from "./dom.js";
import {get} from "./api.js";
import {chips, counted, order, clear} from "./chips.js";
import {correct} from "./correct.js";
import * as planes from "./planes.js";
import * as state from "./state.js";

const page = 100; // samples asked for at once
const tallest = 8_000_000; // pixels that a box scrolls to, in every browser
const sides = [64, 96, 128, 160, 192, 256, 320, 384, 512];

let about = null, box = null, scroller = null, layer = null, bar = null;
let pages = new Map(), total = 0, asked = "", version = 0, failed = "";
let top = 0; // pixels above what is in sight, of all there would be
let focused = 0, tiles = new Map();
let opened = () => {};

export const size = () => Math.min(512, Math.max(64, +state.one("size", state.kept("size") ?? "160") || 160));
const gap = 8, caption = 38;
const columns = () => Math.max(1, Math.floor((scroller.clientWidth - gap) / (size() + gap)));
const rowHeight = () => size() + caption + gap;
const full = () => Math.ceil(total / columns()) * rowHeight() + gap;
const height = () => Math.min(full(), tallest);
const ratio = () => full() <= tallest ? 1 : (full() - scroller.clientHeight) / (tallest - scroller.clientHeight);

export function show(a, open) {
  about = a;
  opened = open;
  bar = h("div", {class: "bar"});
  layer = h("div", {class: "layer", role: "list", "aria-label": "Samples"});
  box = h("div", {class: "tall"}, layer);
  scroller = h("div", {class: "scroller", id: "scroller", onscroll: scrolled, onwheel: wheeled, onkeydown: keyed}, box);
  put($("main"), bar, scroller);
  new ResizeObserver(soon(() => { if (scroller.isConnected) { settle(); } }, 30)).observe(scroller);
  tiles.clear();
  ask(true);
}

export function told(a) {
  const before = about;
  about = a;
  if (!scroller?.isConnected) return;
  if (a.version !== version) ask(false);
  else if (before.loaded !== a.loaded) drawBar();
}

// ask asks anew, as when the question is another. What was in sight stays in sight where
// the question is the same.
export function ask(jump) {
  if (!scroller?.isConnected) return;
  const q = state.question().toString();
  if (q !== asked) jump = true;
  asked = q;
  pages = new Map();
  if (jump) { top = 0; focused = 0; scroller.scrollTop = 0; }
  drawBar();
  fetchPage(Math.floor(first() / page), true);
}

async function fetchPage(n, fresh) {
  if (pages.has(n)) return;
  const q = asked, mine = pages;
  mine.set(n, null);
  try {
    const a = await get("/api/select", `${q}&from=${n * page}&count=${page}`);
    if (mine !== pages) return;
    failed = "";
    mine.set(n, a.rows);
    const other = a.total !== total || fresh;
    total = a.total;
    version = a.version;
    if (other) { drawBar(); settle(); } else draw();
    if (fresh) say(counted(total));
  } catch (error) {
    if (mine !== pages) return;
    mine.delete(n);
    failed = error.message;
    total = 0;
    drawBar();
    settle();
  }
}

const sampleAt = i => pages.get(Math.floor(i / page))?.[i % page];
const first = () => Math.max(0, Math.floor((top - gap) / rowHeight())) * columns();

function drawBar() {
  const small = h("input", {type: "range", id: "size", min: 64, max: 512, step: 16, value: size(), "aria-label": "Size of pictures", title: "Size of pictures ([ and ])",
    oninput: e => resize(+e.target.value)});
  const keep = document.activeElement?.id;
  put(bar,
    h("button", {type: "button", class: "only-narrow", onclick: () => document.body.classList.add("filtering")}, "Filters"),
    h("span", {class: "total", id: "total"}, failed ? "" : counted(total)), ...order(about), h("label", {class: "sizer"}, "Size ", small),
    h("div", {class: "chips"}, failed ? h("span", {class: "bad"}, failed) : null, ...chips(about)));
  if (keep && bar.querySelector("#" + CSS.escape(keep))) $(keep).focus();
}

export function resize(pixels) {
  const at = first();
  state.kept("size", String(pixels));
  state.set({size: String(Math.min(512, Math.max(64, pixels)))}, {step: false});
  top = Math.floor(at / columns()) * rowHeight();
  tiles.clear();
  put(layer);
  settle();
}

// settle makes the box as tall as it must be, and shows what is in sight.
function settle() {
  box.style.height = height() + "px";
  top = Math.max(0, Math.min(top, full() - scroller.clientHeight));
  place();
  draw();
}

let placed = 0; // the scrollTop that we have set, which needs no answer
function place() {
  placed = Math.round(top / ratio());
  scroller.scrollTop = placed;
}

function scrolled() {
  if (Math.abs(scroller.scrollTop - placed) < 1.5 && ratio() > 1) return;
  placed = -2;
  top = scroller.scrollTop * ratio();
  draw();
}

// wheeled moves by what the wheel says where the box stands for a taller one.
function wheeled(e) {
  if (ratio() === 1 || e.ctrlKey) return;
  e.preventDefault();
  const lines = e.deltaMode === 1 ? rowHeight() / 3 : e.deltaMode === 2 ? scroller.clientHeight : 1;
  moveTo(top + e.deltaY * lines);
}

function moveTo(pixels) {
  top = Math.max(0, Math.min(pixels, full() - scroller.clientHeight));
  place();
  draw();
}

function draw() {
  const from = first(), perRow = columns(), rows = Math.ceil(scroller.clientHeight / rowHeight()) + 1;
  const to = Math.min(total, from + rows * perRow), shift = top - scroller.scrollTop;
  const wanted = new Set();
  const left = Math.max(gap, (scroller.clientWidth - perRow * (size() + gap) + gap) / 2);
  for (let i = from; i < to; i++) {
    const s = sampleAt(i);
    if (!s) { fetchPage(Math.floor(i / page)); continue; }
    wanted.add(i);
    let t = tiles.get(i);
    if (!t || t.sample !== s) {
      t?.element.remove();
      t = {sample: s, element: tile(s, i)};
      tiles.set(i, t);
      layer.append(t.element);
    }
    t.element.style.transform = `translate(${left + (i % perRow) * (size() + gap)}px, ${gap + Math.floor(i / perRow) * rowHeight() - shift}px)`;
    t.element.tabIndex = i === focused || (focused < from || focused >= to) && i === from ? 0 : -1;
  }
  for (const [i, t] of tiles) {
    if (!wanted.has(i)) { t.element.querySelector("img")?.removeAttribute("src"); t.element.remove(); tiles.delete(i); }
  }
  if (to < total) fetchPage(Math.floor(to / page));
  let empty = layer.querySelector(".empty");
  if (total === 0 && !failed) {
    if (!empty) layer.append(h("p", {class: "empty"}, about.rows === 0 && about.loaded ? "What was given has no samples; Inputs tells what it is. " : about.loaded ? "No sample is so. " : "Nothing has been read yet. ", about.loaded && about.rows > 0 ? h("button", {type: "button", onclick: clear}, "Clear the filters") : null));
  } else empty?.remove();
}

// picture is the address of a small picture.
export function picture(row, pixels) {
  const side = sides.find(s => s >= pixels * Math.min(2, devicePixelRatio)) ?? 512;
  return `/tile?row=${row}&side=${side}&look=${encodeURIComponent(planes.text())}`;
}

const named = s => (s.labels ?? []).map(n => about.labels[n] ?? n).join(", ") || (s.labels ? "no label" : "unlabelled");

// tile is a sample in a list: picture, Id, labels, marks.
export function thumbnail(s, pixels, labels = named(s)) {
  const frame = h("div", {class: "frame"});
  frame.style.width = frame.style.height = pixels + "px";
  if (s.image) {
    const img = h("img", {alt: `${visible(s.id)}: ${labels}`, decoding: "async", src: picture(s.row, pixels), draggable: "false"});
    img.addEventListener("error", () => why(frame, s), {once: true});
    img.addEventListener("load", () => img.naturalWidth === 1 && img.naturalHeight === 3 && why(frame, s));
    frame.append(img);
  } else if (s.dead) why(frame, s);
  else frame.append(h("p", {class: "missing"}, "no image"));
  const marks = [s.flagged && ["⚑", "flagged"], s.corrected && ["✎", "labels corrected"], s.noted && ["¶", "has a note"], s.dead && ["✕", "dead"]].filter(Boolean);
  if (marks.length) frame.append(h("span", {class: "marks", title: marks.map(m => m[1]).join(", ")}, marks.map(m => m[0]).join(" ")));
  return frame;
}

async function why(frame, s) {
  const img = frame.querySelector("img");
  img?.remove();
  const p = h("p", {class: "missing bad"}, "…");
  frame.prepend(p);
  try {
    const a = await get("/api/why", `row=${s.row}`);
    p.textContent = p.title = visible(a.why || "the picture was not answered; reload the page");
    if (!a.why && img?.naturalWidth) p.replaceWith(img); // it is of that size
  } catch (error) {
    p.textContent = p.title = visible(error.message);
  }
}

function tile(s, i) {
  const e = h("div", {class: "tile", role: "listitem", tabindex: "-1", "data-i": i, "data-row": s.row, "aria-label": `${visible(s.id)}: ${named(s)}${s.flagged ? ", flagged" : ""}`,
    onclick: () => { focused = i; opened(s, i); }, onfocus: () => { focused = i; }},
    thumbnail(s, size()),
    h("div", {class: "id cut", title: visible(s.id)}, visible(s.id)), h("div", {class: "labels cut", title: named(s)}, named(s)));
  e.style.width = size() + "px";
  return e;
}

// Repaint asks for the pictures anew, as when planes are shown otherwise.
export function repaint() {
  for (const img of document.querySelectorAll(".tile img")) img.src = picture(+img.closest("[data-row]").dataset.row, img.parentElement.clientWidth);
}

export function focusOn(i) {
  if (total === 0) return;
  focused = Math.max(0, Math.min(total - 1, i));
  const at = Math.floor(focused / columns()) * rowHeight();
  if (at < top) moveTo(at);
  else if (at + rowHeight() + gap > top + scroller.clientHeight) moveTo(at + rowHeight() + gap - scroller.clientHeight);
  const grab = (tries = 0) => {
    draw();
    const t = tiles.get(focused);
    if (t) t.element.focus({preventScroll: true});
    else if (tries < 40) setTimeout(() => grab(tries + 1), 50);
  };
  grab();
}

async function keyed(e) {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const perRow = columns(), perPage = Math.max(1, Math.floor(scroller.clientHeight / rowHeight())) * perRow;
  const steps = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: perRow, ArrowUp: -perRow, PageDown: perPage, PageUp: -perPage, Home: -total, End: total};
  if (e.key in steps) focusOn(focused + steps[e.key]);
  else if (e.key === "Enter" || e.key === " ") { const s = sampleAt(focused); if (s) opened(s, focused); }
  else if (e.key === "f") { const s = sampleAt(focused); if (s) await correct(s.id, {flag: !s.flagged}); }
  else return;
  e.preventDefault();
  e.stopPropagation();
}

// beside gives the sample before or after one of the list.
export async function beside(i) {
  if (i < 0 || i >= total) return null;
  if (!sampleAt(i)) {
    const a = await get("/api/select", `${asked || state.question()}&from=${i}&count=1`);
    return a.rows[0] ?? null;
  }
  return sampleAt(i);
}

export const count = () => total;
