"use strict";
// Words and numbers as people read them, and how elements are made.
const $ = id => document.getElementById(id);

function make(tag, props = {}, ...children) {
  const e = document.createElement(tag);
  Object.assign(e, props);
  e.append(...children);
  return e;
}

function draw(tag, attributes = {}, ...children) {
  const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  e.append(...children);
  return e;
}

const percent = share => `${Math.round(100 * share)}%`;

function number(n) {
  if (n >= 1e9) return `${(n / 1e9).toFixed(1)}G`;
  if (n >= 1e6) return `${(n / 1e6).toFixed(n < 1e7 ? 2 : 1)}M`;
  if (n >= 1e5) return `${Math.round(n / 1e3)}k`;
  if (n >= 1e4) return `${(n / 1e3).toFixed(1)}k`;
  return n >= 100 || Number.isInteger(n) ? `${Math.round(n)}` : n >= 10 ? n.toFixed(1) : n >= .1 ? n.toFixed(2) : n === 0 ? "0" : n.toPrecision(2);
}

const rate = n => `${number(n)}/s`;
const whole = n => n.toLocaleString("en-US").replaceAll(",", " ");

function bytes(n) {
  for (const [unit, size] of [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]]) {
    if (n >= size) return `${(n / size).toFixed(n < 10 * size ? 1 : 0)} ${unit}`;
  }
  return `${Math.round(n)} B`;
}

function span(s) {
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 90) return `${Math.round(s)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(Math.floor(s % 60)).padStart(2, "0")} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${String(Math.floor(s % 3600 / 60)).padStart(2, "0")} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor(s % 86400 / 3600)} h`;
}

// facts fills a list of names and values; values may be [text, class].
function facts(list, pairs) {
  list.replaceChildren(...pairs.filter(p => p).map(([name, value, cls]) =>
    make("div", {}, make("dt", { textContent: name }), make("dd", { textContent: value, className: cls || "" }))));
}

// rows fills a table; each row is its cells, which are texts or [text, class, title].
function rows(table, list) {
  const names = [...table.tHead.rows[0].cells].map(th => th.textContent.trim());
  table.tBodies[0].replaceChildren(...list.map(({ cells, cls }) => {
    const tr = make("tr", { className: cls || "" });
    cells.forEach((c, k) => {
      const [text, kind, title] = Array.isArray(c) ? c : [c];
      const td = tr.insertCell();
      td.textContent = text;
      td.className = kind || (text === "–" ? "none" : "");
      if (title) td.title = title;
      td.dataset.name = names[k];
    });
    return tr;
  }));
}
