"use strict";
// The graph: boxes for stages, lines for edges. The server says in which rows boxes
// stand and which rows edges pass; here they get places, upright or from left to
// right, as there is room.
const signs = { busy: "●", starved: "○", blocked: "■", outside: "◇" };
const boxHeight = 78, least = 78, across = { width: 200, gap: 62, most: 120, room: 14 }, upright = { gap: 34, room: 8, width: 260 };

class Graph {
  constructor(root, chosen) {
    this.root = root;
    this.chosen = chosen; // is told the number of a stage that is picked
    this.picked = null; // its name
    this.boxes = [];
    new ResizeObserver(() => this.state && this.show(this.state)).observe(root.parentElement);
  }

  // show draws a state; boxes stay the same as long as the stages do.
  show(state) {
    this.state = state;
    const names = state.number + "\n" + state.stages.map(s => s.name).join("\n");
    if (names !== this.names) {
      this.names = names;
      this.build(state);
    }
    this.place(state);
    state.stages.forEach((s, i) => this.fill(this.boxes[i], s, state));
    this.wire(state);
  }

  build(state) {
    this.svg = draw("svg", { "aria-hidden": "true" });
    this.boxes = state.stages.map((s, i) => {
      const box = make("button", { type: "button", className: "box" });
      box.addEventListener("click", () => this.pick(s.name));
      box.dataset.stage = s.name;
      return box;
    });
    this.root.replaceChildren(this.svg, ...this.boxes);
  }

  pick(name) {
    this.picked = this.picked === name ? null : name;
    this.show(this.state);
    this.chosen(this.picked);
  }

  // place finds where boxes and joints stand.
  place(state) {
    const { rows } = state.graph, n = state.stages.length;
    const page = document.body.clientWidth - 40;
    const deepest = rows.length, widest = Math.max(1, ...rows.map(r => r.length));
    this.flat = page >= 720 && deepest * 104 + (deepest - 1) * across.gap <= page && (widest <= 4 || deepest < widest);
    document.body.classList.toggle("upright", !this.flat);
    const width = this.flat ? Math.min(page, document.body.clientWidth) : this.root.parentElement.clientWidth;
    this.spots = [];
    if (this.flat) {
      const w = Math.min(across.width, (width - 4 - (deepest - 1) * across.gap) / deepest);
      this.gap = Math.max(across.gap, Math.min(across.most, (width - 4 - deepest * w) / Math.max(1, deepest - 1)));
      const height = Math.max(...rows.map(r => r.reduce((sum, i) => sum + (i < n ? boxHeight : 16) + across.room, -across.room)));
      rows.forEach((row, r) => {
        const tall = row.reduce((sum, i) => sum + (i < n ? boxHeight : 16) + across.room, -across.room);
        let y = 4 + (height - tall) / 2;
        for (const i of row) {
          const h = i < n ? boxHeight : 16;
          this.spots[i] = { x: 1 + r * (w + this.gap), y, w, h };
          y += h + across.room;
        }
      });
      this.size = { w: Math.max(width - 2, deepest * (w + this.gap) - this.gap), h: height + 10 };
    } else {
      // A joint takes little room. Rows are as wide as they need to be, and stand in the middle.
      const narrow = 14;
      let widestRow = width - 2;
      rows.forEach(row => {
        const boxes = row.filter(i => i < n).length, joints = row.length - boxes;
        widestRow = Math.max(widestRow, boxes * least + joints * narrow + (row.length - 1) * upright.room);
      });
      rows.forEach((row, r) => {
        const boxes = row.filter(i => i < n).length, joints = row.length - boxes;
        const w = Math.min(upright.width, (widestRow - joints * narrow - (row.length - 1) * upright.room) / Math.max(1, boxes));
        let x = (widestRow - boxes * w - joints * narrow - (row.length - 1) * upright.room) / 2;
        for (const i of row) {
          const own = i < n ? w : narrow;
          this.spots[i] = { x, y: 2 + r * (boxHeight + upright.gap), w: own, h: boxHeight };
          x += own + upright.room;
        }
      });
      this.size = { w: widestRow, h: rows.length * (boxHeight + upright.gap) };
    }
    this.root.style.height = `${this.size.h}px`;
    this.root.style.minWidth = `${this.size.w > width ? this.size.w : 0}px`;
    this.boxes.forEach((box, i) => {
      const s = this.spots[i];
      box.style.left = `${s.x}px`; box.style.top = `${s.y}px`; box.style.width = `${s.w}px`; box.style.height = `${s.h}px`;
    });
  }

  fill(box, s, state) {
    const limit = state.bottleneck || state.bottleneck_overall;
    const limits = !state.resting && limit && limit.stage === s.name;
    const share = { busy: s.busy, starved: s.starved, blocked: s.blocked, outside: Math.max(s.outside, s.kind === "source" ? s.starved : 0) }[s.state];
    const is = share === undefined ? s.state : `${s.state} ${percent(share)}`, w = this.spots[state.stages.indexOf(s)].w;
    // As much of it as there is room for: sign and word, the word, the sign.
    const told = share === undefined ? s.state : w >= 132 ? `${signs[s.state]} ${is}` : w >= 104 ? is : `${signs[s.state]} ${percent(share)}`;
    box.className = `box ${limits ? "limits" : ""}`;
    box.title = `${s.kind} ${s.name}: ${is}; ${whole(s.in)} in, ${whole(s.out)} out${limits ? "; it limits the flow" : ""}`;
    box.setAttribute("aria-pressed", String(this.picked === s.name));
    const bar = make("span", { className: "bar" });
    bar.append(...segments(s));
    const bad = s.errors ? [make("span", { className: "fault", textContent: `${number(s.errors)} ✕`, title: `${whole(s.errors)} failed` })] : [];
    const flag = limits ? [make("span", { className: "flag", textContent: "limits" })] : [];
    box.replaceChildren(
      make("span", {}, make("span", { className: "called", textContent: s.name, title: s.name }), ...flag, ...bad),
      make("span", { className: "is" }, make("span", { className: s.state, textContent: told })),
      bar,
      make("span", { className: "more" }, make("span", { textContent: s.room ? `${number(s.queued)}/${number(s.room)}` : s.kind, title: "records in the queue before it" }),
        make("span", { textContent: `×${s.workers}`, title: "workers" })));
  }

  wire(state) {
    const most = Math.max(1e-9, ...state.stages.map(s => s.rate));
    this.svg.setAttribute("width", this.size.w);
    this.svg.setAttribute("height", this.size.h);
    const parts = [];
    let k = 0;
    state.stages.forEach((s, to) => s.reads.forEach(from => {
      const path = state.graph.paths[k++], rateOf = state.stages[from].rate;
      const full = s.room ? s.queued / s.room : 0;
      const is = full > .9 ? "full" : rateOf > 0 ? "flowing" : "empty";
      const strength = rateOf > 0 ? 1.5 + 3 * Math.max(0, 1 + Math.log10(rateOf / most) / 4) : 1.5;
      parts.push(draw("path", { class: `edge ${is}`, d: this.line(path), "stroke-width": strength.toFixed(1) }));
    }));
    const reads = new Set(state.stages.flatMap(s => s.reads));
    state.stages.forEach((s, i) => {
      if (!reads.has(i)) return;
      const b = this.spots[i];
      const at = this.flat ? { x: b.x + b.w + 5, y: b.y + b.h / 2 - 7 } : { x: b.x + b.w / 2 + 7, y: b.y + b.h + 15 };
      parts.push(draw("text", { class: "rate", ...at }, state.resting ? number(s.out) : rate(s.rate)));
    });
    this.svg.replaceChildren(...parts);
  }

  // line is a path through boxes and joints.
  line(path) {
    let d = "";
    for (let i = 0; i + 1 < path.length; i++) {
      const a = this.spots[path[i]], b = this.spots[path[i + 1]];
      if (this.flat) {
        const x0 = a.x + a.w, y0 = a.y + a.h / 2, x1 = b.x, y1 = b.y + b.h / 2, m = (x0 + x1) / 2;
        d += `${i ? "L" : "M"}${x0} ${y0}C${m} ${y0} ${m} ${y1} ${x1} ${y1}`;
        if (i + 2 < path.length) d += `L${b.x + b.w} ${y1}`;
      } else {
        const x0 = a.x + a.w / 2, y0 = a.y + a.h, x1 = b.x + b.w / 2, y1 = b.y, m = (y0 + y1) / 2;
        d += `${i ? "L" : "M"}${x0} ${y0}C${x0} ${m} ${x1} ${m} ${x1} ${y1}`;
        if (i + 2 < path.length) d += `L${x1} ${b.y + b.h}`;
      }
    }
    return d;
  }
}

// segments are the parts of a bar of how a stage's workers spend their time.
function segments(s) {
  const outside = s.kind === "source" ? s.starved : s.outside;
  return [["busy", s.busy], ["blocked", s.blocked], ["outside", outside], ["starved", Math.max(0, s.starved - outside)]].map(([name, share]) => {
    const e = make("span", { className: `seg ${name}`, title: `${name} ${percent(share)}` });
    e.style.width = `${100 * share}%`;
    return e;
  });
}
