// The pixels of a sample: coloured here from the planes as they are, so that another
// colour or contrast asks for nothing; moved and magnified up to single pixels.

import {h, say, visible} from "./dom.js";
import {bytes} from "./api.js";
import * as planes from "./planes.js";

const deepest = 64; // screen pixels of one of the image, at most
const mostPixels = 1 << 20;

export function viewer() {
  const canvas = h("canvas", {tabindex: "0", role: "img", "aria-label": "The image. Arrows move, plus and minus magnify, 0 fits, 1 shows pixels as they are."});
  const line = h("div", {class: "values", role: "status"});
  const element = h("div", {class: "viewer"}, canvas, line);
  let sample = null, whole = null, detail = null, waiting = null, fault = "";
  let scale = 1, cx = 0, cy = 0, pointer = null, dragged = null; // screen pixels of one of the image; the middle
  let frame = 0, detailTimer = 0, fitted = true;

  async function fetchRegion(x, y, w, height, step, signal) {
    const b = await bytes("/api/pixels", `row=${sample.row}&x=${x}&y=${y}&w=${w}&h=${height}&step=${step}`, signal);
    const length = new DataView(b).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(b, 4, length)));
    const n = head.width * head.height;
    const list = head.planes.map((_, i) => head.depth === 16 ? new Uint16Array(b, 4 + length + 2 * n * i, n) : new Uint8Array(b, 4 + length + n * i, n));
    return {...head, list, picture: null};
  }

  async function show(s) {
    const again = sample?.row === s.row;
    sample = s;
    waiting?.abort();
    if (again && whole) return;
    whole = detail = null;
    fault = s.image ? "" : s.cause || "No image of this sample was given.";
    draw();
    if (!s.image) return;
    waiting = new AbortController();
    const mine = waiting;
    try {
      const w = await fetchRegion(0, 0, 0, 0, 1, mine.signal);
      if (mine.signal.aborted || sample !== s) return;
      whole = w;
      planes.meet(w.planes);
      fit();
    } catch (error) {
      if (error.name === "AbortError") return;
      fault = error.message;
      draw();
    }
  }

  // coloured gives a region as a picture.
  function coloured(r) {
    if (r.picture && r.look === planes.text()) return r.picture;
    const n = r.width * r.height, sums = new Float32Array(3 * n);
    r.list.forEach((values, i) => {
      const look = planes.lookOf(r.planes[i], i, r.planes.length);
      if (!look.on) return;
      const [low, high] = planes.range(look, r.stats[i], r.bits), table = planes.shades(look), f = 1023 / (high - low);
      for (let k = 0; k < n; k++) {
        const v = (values[k] - low) * f, t = 3 * (v <= 0 ? 0 : v >= 1023 ? 1023 : v | 0);
        sums[3 * k] += table[t]; sums[3 * k + 1] += table[t + 1]; sums[3 * k + 2] += table[t + 2];
      }
    });
    const image = new ImageData(r.width, r.height);
    for (let k = 0; k < n; k++) {
      image.data[4 * k] = sums[3 * k]; image.data[4 * k + 1] = sums[3 * k + 1]; image.data[4 * k + 2] = sums[3 * k + 2]; image.data[4 * k + 3] = 255;
    }
    r.picture = h("canvas", {width: r.width, height: r.height});
    r.picture.getContext("2d").putImageData(image, 0, 0);
    r.look = planes.text();
    return r.picture;
  }

  const draw = () => { cancelAnimationFrame(frame); frame = requestAnimationFrame(paint); };

  function paint() {
    const ratio = devicePixelRatio, w = Math.round(canvas.clientWidth * ratio), height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width !== w || canvas.height !== height) { canvas.width = w; canvas.height = height; }
    const c = canvas.getContext("2d");
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.fillStyle = "#000";
    c.fillRect(0, 0, w, height);
    if (whole) {
      c.setTransform(scale * ratio, 0, 0, scale * ratio, w / 2 - cx * scale * ratio, height / 2 - cy * scale * ratio);
      c.imageSmoothingEnabled = scale * ratio < 1;
      c.imageSmoothingQuality = "high";
      for (const r of [whole, detail]) {
        if (r) c.drawImage(coloured(r), r.x, r.y, r.width * r.step, r.height * r.step);
      }
      const at = point();
      if (scale >= 8 && at) {
        c.strokeStyle = "#fff"; c.lineWidth = 1 / scale;
        c.strokeRect(at.x, at.y, 1, 1);
      }
    }
    tellValues();
  }

  // point is the pixel that is pointed at; for keys, the one in the middle.
  function point() {
    if (!whole) return null;
    const r = canvas.getBoundingClientRect();
    const x = Math.floor(pointer ? cx + (pointer.x - r.left - r.width / 2) / scale : cx), y = Math.floor(pointer ? cy + (pointer.y - r.top - r.height / 2) / scale : cy);
    return x >= 0 && y >= 0 && x < whole.imageWidth && y < whole.imageHeight ? {x, y} : null;
  }

  function tellValues() {
    if (fault) { line.textContent = visible(fault); line.className = "values bad"; return; }
    line.className = "values";
    if (!whole) { line.textContent = "…"; return; }
    const at = point(), size = `${whole.imageWidth} × ${whole.imageHeight}, ${whole.depth} bits${whole.depth === 16 && whole.bits < 16 ? ` (${whole.bits} used)` : ""}, ${(100 * scale).toFixed(scale < 0.1 ? 1 : 0)}%`;
    const r = at && [detail, whole].find(r => r && r.step === 1 && at.x >= r.x && at.y >= r.y && at.x < r.x + r.width && at.y < r.y + r.height);
    const values = r ? r.planes.map((p, i) => `${p} ${r.list[i][(at.y - r.y) * r.width + at.x - r.x]}`).join("  ") : at ? "magnify to read values" : "";
    line.textContent = at ? `${size}   x ${at.x} y ${at.y}   ${values}` : size;
  }

  function clamp() {
    cx = Math.max(0, Math.min(whole.imageWidth, cx));
    cy = Math.max(0, Math.min(whole.imageHeight, cy));
  }

  function fit() {
    fitted = true;
    scale = Math.min(canvas.clientWidth / whole.imageWidth, canvas.clientHeight / whole.imageHeight) || 1;
    cx = whole.imageWidth / 2; cy = whole.imageHeight / 2;
    draw();
  }

  // zoom magnifies, and keeps what is at a place of the screen there.
  function zoom(by, x, y) {
    if (!whole) return;
    const r = canvas.getBoundingClientRect(), dx = x === undefined ? 0 : x - r.left - r.width / 2, dy = y === undefined ? 0 : y - r.top - r.height / 2;
    const smallest = Math.min(1, canvas.clientWidth / whole.imageWidth, canvas.clientHeight / whole.imageHeight) / 2;
    const next = Math.max(smallest, Math.min(deepest, scale * by));
    cx += dx / scale - dx / next; cy += dy / scale - dy / next;
    scale = next;
    moved();
  }

  function moved() {
    fitted = false;
    clamp();
    draw();
    clearTimeout(detailTimer);
    if (whole.step > 1 && scale * whole.step > 1) detailTimer = setTimeout(look, 120);
  }

  // look asks for the pixels in sight as they are, of an image that was too large.
  async function look() {
    const w = canvas.clientWidth / scale, height = canvas.clientHeight / scale;
    const x = Math.max(0, Math.floor(cx - w / 2)), y = Math.max(0, Math.floor(cy - height / 2));
    const width = Math.min(whole.imageWidth - x, Math.ceil(w) + 1), tall = Math.min(whole.imageHeight - y, Math.ceil(height) + 1);
    if (width < 1 || tall < 1) return;
    waiting?.abort();
    waiting = new AbortController();
    const step = Math.max(1, Math.ceil(Math.sqrt(width * tall / mostPixels)));
    if (step >= whole.step) return;
    try {
      detail = await fetchRegion(x, y, width, tall, step, waiting.signal);
      draw();
    } catch (error) {
      if (error.name !== "AbortError") say(error.message);
    }
  }

  canvas.addEventListener("wheel", e => { e.preventDefault(); zoom(2 ** (-e.deltaY / 240), e.clientX, e.clientY); }, {passive: false});
  canvas.addEventListener("pointerdown", e => { if (e.button === 0) { dragged = {x: e.clientX, y: e.clientY}; canvas.setPointerCapture(e.pointerId); } });
  canvas.addEventListener("pointermove", e => {
    pointer = {x: e.clientX, y: e.clientY};
    if (dragged && whole) { cx -= (e.clientX - dragged.x) / scale; cy -= (e.clientY - dragged.y) / scale; dragged = pointer; moved(); } else draw();
  });
  canvas.addEventListener("pointerup", () => { dragged = null; });
  canvas.addEventListener("pointerleave", () => { pointer = null; draw(); });
  canvas.addEventListener("dblclick", e => zoom(2, e.clientX, e.clientY));
  const watcher = new ResizeObserver(() => whole && fitted ? fit() : draw());
  watcher.observe(canvas);

  function key(e) {
    if (!whole) return false;
    const step = Math.max(1, (e.shiftKey ? 1 : 40) / scale);
    switch (e.key) {
      case "+": case "=": zoom(1.5); break;
      case "-": case "_": zoom(1 / 1.5); break;
      case "0": fit(); break;
      case "x": scale = 1; moved(); break;
      case "ArrowLeft": pointer = null; cx -= step; moved(); break;
      case "ArrowRight": pointer = null; cx += step; moved(); break;
      case "ArrowUp": pointer = null; cy -= step; moved(); break;
      case "ArrowDown": pointer = null; cy += step; moved(); break;
      default: return false;
    }
    return true;
  }

  return {element, canvas, show, key, paint: draw, end() { waiting?.abort(); watcher.disconnect(); cancelAnimationFrame(frame); }};
}
