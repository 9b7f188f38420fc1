"use strict";
// Charts over the time of the run, or over epochs, as SVG in the pixels that there are.
const chartHeight = 108, pad = { left: 54, right: 8, top: 6, bottom: 18 };

class Chart {
  // format makes a value a text, and formatX a place on the axis.
  constructor(root, title, { kind = "", format, formatX = span, legend = [] }) {
    this.format = format; this.formatX = formatX;
    this.now = make("span");
    this.body = draw("svg", { height: chartHeight, tabindex: "0", role: "img" });
    this.title = title;
    this.root = make("div", { className: `chart ${kind}` }, make("div", { className: "head" }, make("b", { textContent: title }), this.now), this.body);
    if (legend.length > 1) this.root.append(make("p", { className: "legend" }, ...legend.map((l, i) => make("span", {}, make("i", { className: i ? "second" : "" }), l))));
    this.at = null; // where the cursor is, in points
    this.body.addEventListener("pointermove", e => this.point(e.offsetX));
    this.body.addEventListener("pointerleave", () => this.cursor(null));
    this.body.addEventListener("blur", () => this.cursor(null));
    this.body.addEventListener("keydown", e => {
      const n = this.data ? this.data.x.length : 0, step = { ArrowLeft: -1, ArrowRight: 1, Home: -n, End: n }[e.key];
      if (!step || !n) return;
      e.preventDefault();
      this.cursor(Math.min(n - 1, Math.max(0, (this.at === null ? n - 1 : this.at) + step)));
    });
    root.append(this.root);
    new ResizeObserver(() => this.data && this.show(this.data)).observe(this.root);
  }

  // show draws series over x: {x, series: [[...]], spans, borders, low, high, says}.
  show(data) {
    this.data = data;
    const w = Math.max(60, this.root.clientWidth), h = chartHeight;
    const { x, series } = data;
    const values = series.flat().filter(v => v !== null);
    const low = data.low ?? 0, high = data.high ?? nice(Math.max(...values, 1e-9));
    const x0 = data.from ?? (x.length ? x[0] : 0), x1 = Math.max(x.length ? x[x.length - 1] : 1, x0 + 1e-9);
    this.px = v => pad.left + (v - x0) / (x1 - x0) * (w - pad.left - pad.right);
    const py = v => pad.top + (1 - (Math.min(high, Math.max(low, v)) - low) / (high - low || 1)) * (h - pad.top - pad.bottom);
    const parts = [];
    for (const v of [low, (low + high) / 2, high]) {
      parts.push(draw("line", { class: "grid", x1: pad.left, x2: w - pad.right, y1: py(v), y2: py(v) }));
      parts.push(draw("text", { x: pad.left - 5, y: py(v) + 4, "text-anchor": "end" }, this.format(v, true)));
    }
    for (const b of data.borders || []) parts.push(draw("line", { class: "border", x1: this.px(b), x2: this.px(b), y1: pad.top, y2: h - pad.bottom }));
    series.forEach((s, k) => {
      let d = "", down = false, first = null, last = null;
      s.forEach((v, i) => {
        if (v === null) { down = false; return; }
        d += `${down ? "L" : "M"}${this.px(x[i]).toFixed(1)} ${py(v).toFixed(1)}`;
        down = true; first ??= x[i]; last = x[i];
      });
      if (!d) return;
      if (!k && data.area) parts.push(draw("path", { class: "area", d: `${d}L${this.px(last).toFixed(1)} ${py(low)}L${this.px(first).toFixed(1)} ${py(low)}Z` }));
      parts.push(draw("path", { class: k ? "curve second" : "curve", d }));
      if (s.filter(v => v !== null).length === 1) parts.push(draw("circle", { cx: this.px(last), cy: py(s.findLast(v => v !== null)), r: 2.5, class: "dot", fill: "currentColor" }));
    });
    parts.push(draw("text", { x: pad.left, y: h - 5 }, this.formatX(x0)));
    parts.push(draw("text", { x: w - pad.right, y: h - 5, "text-anchor": "end" }, this.formatX(x1)));
    this.line = draw("line", { class: "cursor", y1: pad.top, y2: h - pad.bottom, visibility: "hidden" });
    this.body.replaceChildren(...parts, this.line);
    this.body.setAttribute("aria-label", `${this.title}: ${data.says || ""}`);
    this.cursor(this.at);
  }

  point(px) {
    if (!this.data || !this.data.x.length) return;
    let best = 0;
    this.data.x.forEach((v, i) => { if (Math.abs(this.px(v) - px) < Math.abs(this.px(this.data.x[best]) - px)) best = i; });
    this.cursor(best);
  }

  cursor(i) {
    if (i !== null && i >= this.data.x.length) i = null;
    this.at = i;
    if (i === null) {
      this.line.setAttribute("visibility", "hidden");
      this.now.textContent = this.data.says || "";
      return;
    }
    const x = this.px(this.data.x[i]);
    this.line.setAttribute("visibility", "visible");
    this.line.setAttribute("x1", x); this.line.setAttribute("x2", x);
    const told = this.data.series.map(s => s[i] === null ? "–" : this.format(s[i])).join(" and ");
    this.now.textContent = `${told} at ${this.formatX(this.data.x[i])}${this.data.of ? `, ${this.data.of(i)}` : ""}`;
  }
}

// nice is the next round number above.
function nice(v) {
  const ten = 10 ** Math.floor(Math.log10(v));
  for (const m of [1, 1.5, 2, 3, 4, 5, 6, 8, 10]) if (v <= m * ten * 1.0001) return m * ten;
  return v;
}

// stepped gives each point both ends of its span, so that a mean is drawn as what it is.
function stepped(points, read) {
  const x = [], y = [], of = [];
  for (const p of points) {
    x.push(Math.max(0, p.at - p.span), p.at);
    y.push(read(p), read(p));
    of.push(p, p);
  }
  return { x, y, of };
}

// strip is a stage's queue and work over the time of its flow, 22 pixels high.
function strip(points, k, width) {
  const h = 22, x0 = points[0].at - points[0].span, x1 = points[points.length - 1].at;
  const px = v => ((v - x0) / (x1 - x0 || 1) * width).toFixed(1), py = v => (h - 1 - v * (h - 2)).toFixed(1);
  let fill = `M0 ${h - 1}`, work = "";
  for (const p of points) {
    const from = px(p.at - p.span), to = px(p.at);
    fill += `L${from} ${py(p.queues[k])}L${to} ${py(p.queues[k])}`;
    work += `${work ? "L" : "M"}${from} ${py(p.busy[k])}L${to} ${py(p.busy[k])}`;
  }
  return draw("svg", { height: h, viewBox: `0 0 ${width} ${h}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    draw("rect", { width, height: h }), draw("path", { class: "fill", d: `${fill}L${width} ${h - 1}Z` }), draw("path", { class: "work", d: work, "vector-effect": "non-scaling-stroke" }));
}
