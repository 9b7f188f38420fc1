// The map of embeddings. A line drawn round points picks them for the grid.

import {$, h, number, percent, put, select, visible} from "./dom.js";
import {bytes, get} from "./api.js";
import * as state from "./state.js";

const palette = ["#4a7dff", "#e6550d", "#31a354", "#d62790", "#8c6bb1", "#c49c00", "#17a2b8", "#a0522d", "#e7298a", "#66a61e"];

export async function show(about, open) {
  const canvas = h("canvas", {tabindex: "0", role: "img", "aria-label": "Map of embeddings: drag round points to pick them; arrows move a cross, Enter opens the nearest point, Space picks what is near it"});
  const line = h("div", {class: "values", role: "status"});
  const colour = select({"aria-label": "Colour by", onchange: e => { label = +e.target.value; draw(); }}, [["-1", "colour: first label"], ...about.labels.map((n, i) => [i, `colour: ${i} ${n}`])], "-1");
  const shares = about.map.shares.map(percent).join(" and ");
  put($("main"),
    h("div", {class: "bar"}, h("span", {class: "total"}, `${visible(about.map.name)}: two main components, ${shares} of the variance`), colour,
      h("span", {class: "note"}, "Drag round points to pick them; wheel magnifies."),
      state.one("lasso") ? h("button", {type: "button", onclick: () => state.set({lasso: null})}, "Unpick") : null),
    h("div", {class: "mapbox"}, canvas, line));
  let label = -1, points = null, box = null, drawn = null, cross = null, hover = -1, zoom = 1, px = 0, py = 0;

  const toScreen = (x, y) => [((x - box.x) / box.w - 0.5 - px) * zoom * canvas.clientWidth + canvas.clientWidth / 2, (0.5 - (y - box.y) / box.h + py) * zoom * canvas.clientHeight + canvas.clientHeight / 2];
  const toMap = (sx, sy) => [((sx - canvas.clientWidth / 2) / zoom / canvas.clientWidth + 0.5 + px) * box.w + box.x, (0.5 - (sy - canvas.clientHeight / 2) / zoom / canvas.clientHeight + py) * box.h + box.y];

  try {
    const b = await bytes("/api/map", state.question({lasso: ""}));
    const d = new DataView(b), n = b.byteLength / 20;
    points = Array.from({length: n}, (_, i) => ({row: d.getUint32(20 * i, true), x: d.getFloat32(20 * i + 4, true), y: d.getFloat32(20 * i + 8, true), low: d.getUint32(20 * i + 12, true), high: d.getUint32(20 * i + 16, true)}));
  } catch (error) {
    line.textContent = error.message;
    return;
  }
  let x0 = Infinity, x1 = -Infinity, y0 = Infinity, y1 = -Infinity;
  for (const p of points) { x0 = Math.min(x0, p.x); x1 = Math.max(x1, p.x); y0 = Math.min(y0, p.y); y1 = Math.max(y1, p.y); }
  const pad = 0.04;
  box = {x: x0 - pad * (x1 - x0 || 1), y: y0 - pad * (y1 - y0 || 1), w: (x1 - x0 || 1) * (1 + 2 * pad), h: (y1 - y0 || 1) * (1 + 2 * pad)};
  line.textContent = points.length ? `${number(points.length)} points` : "No sample that is picked has a place on the map.";
  const has = (p, n) => n < 32 ? p.low >>> n & 1 : p.high >>> (n - 32) & 1;
  const firstLabel = p => p.low ? 31 - Math.clz32(p.low & -p.low) : p.high ? 63 - Math.clz32(p.high & -p.high) : -1;
  const chosen = state.one("lasso") ? state.one("lasso").split(",").map(Number) : null;

  function draw() {
    const r = devicePixelRatio;
    canvas.width = canvas.clientWidth * r;
    canvas.height = canvas.clientHeight * r;
    const c = canvas.getContext("2d");
    c.scale(r, r);
    const dim = getComputedStyle(document.documentElement).getPropertyValue("--dim") || "#888";
    c.fillStyle = c.strokeStyle = "#888";
    const side = points.length > 5000 ? 2 : 4;
    for (const p of points) {
      const [sx, sy] = toScreen(p.x, p.y), n = label < 0 ? firstLabel(p) : has(p, label) ? 0 : -1;
      c.globalAlpha = n < 0 ? 0.35 : 0.85;
      c.fillStyle = n < 0 ? "#888" : label < 0 ? palette[n % palette.length] : "#e6550d";
      c.fillRect(sx - side / 2, sy - side / 2, side, side);
    }
    c.globalAlpha = 1;
    c.strokeStyle = getComputedStyle(canvas).color || dim;
    const outline = drawn ?? (chosen ? pairs(chosen).map(([x, y]) => toScreen(x, y)) : null);
    if (outline) { c.beginPath(); outline.forEach(([x, y], i) => i ? c.lineTo(x, y) : c.moveTo(x, y)); if (!drawn) c.closePath(); c.stroke(); }
    if (cross) { c.beginPath(); c.moveTo(cross[0] - 8, cross[1]); c.lineTo(cross[0] + 8, cross[1]); c.moveTo(cross[0], cross[1] - 8); c.lineTo(cross[0], cross[1] + 8); c.stroke(); }
    if (hover >= 0) { const [x, y] = toScreen(points[hover].x, points[hover].y); c.strokeRect(x - 5, y - 5, 10, 10); }
  }

  const pairs = list => list.flatMap((v, i) => i % 2 ? [] : [[v, list[i + 1]]]);

  function nearest(x, y, within = 400) {
    let best = -1, least = within;
    points.forEach((p, i) => { const [sx, sy] = toScreen(p.x, p.y), d = (sx - x) ** 2 + (sy - y) ** 2; if (d < least) { least = d; best = i; } });
    return best;
  }

  async function tell(i) {
    if (i === hover) return;
    hover = i;
    draw();
    if (i < 0) return;
    const s = await get("/api/sample", `row=${points[i].row}`).catch(() => null);
    if (s && hover === i) line.textContent = `${visible(s.id)}: ${(s.labels ?? []).map(n => about.labels[n]).join(", ") || "unlabelled"}`;
  }

  function pick(outline) {
    const step = Math.max(1, Math.ceil(outline.length / 150));
    state.set({lasso: outline.filter((_, i) => i % step === 0).flatMap(([x, y]) => toMap(x, y)).map(v => +v.toPrecision(6)).join(","), view: null});
  }

  const place = e => { const r = canvas.getBoundingClientRect(); return [e.clientX - r.left, e.clientY - r.top]; };
  canvas.addEventListener("pointerdown", e => { drawn = [place(e)]; canvas.setPointerCapture(e.pointerId); });
  canvas.addEventListener("pointermove", e => {
    if (drawn) { drawn.push(place(e)); draw(); } else tell(nearest(...place(e)));
  });
  canvas.addEventListener("pointerup", e => {
    const outline = drawn;
    drawn = null;
    if (outline?.length > 8) pick(outline);
    else { const i = nearest(...place(e)); if (i >= 0) open(points[i].row); draw(); }
  });
  canvas.addEventListener("wheel", e => {
    e.preventDefault();
    const [sx, sy] = place(e), before = toMap(sx, sy);
    zoom = Math.max(1, Math.min(200, zoom * 2 ** (-e.deltaY / 240)));
    if (zoom === 1) { px = py = 0; } else { const after = toMap(sx, sy); px += (before[0] - after[0]) / box.w; py += (before[1] - after[1]) / box.h; }
    draw();
  }, {passive: false});
  canvas.addEventListener("keydown", e => {
    const steps = {ArrowLeft: [-12, 0], ArrowRight: [12, 0], ArrowUp: [0, -12], ArrowDown: [0, 12]};
    cross ??= [canvas.clientWidth / 2, canvas.clientHeight / 2];
    if (e.key in steps) { cross = [cross[0] + steps[e.key][0], cross[1] + steps[e.key][1]]; tell(nearest(...cross, 1e9)); draw(); }
    else if (e.key === "Enter") { const i = nearest(...cross, 1e9); if (i >= 0) open(points[i].row); }
    else if (e.key === " ") pick(Array.from({length: 24}, (_, i) => [cross[0] + 60 * Math.cos(i * Math.PI / 12), cross[1] + 60 * Math.sin(i * Math.PI / 12)]));
    else return;
    e.preventDefault();
    e.stopPropagation();
  });
  new ResizeObserver(draw).observe(canvas);
}
