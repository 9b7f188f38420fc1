// Groups of duplicates and of leaks, side by side, with how far apart they are.

import {$, h, number, put, select, visible} from "./dom.js";
import {get} from "./api.js";
import {thumbnail} from "./grid.js";
import * as state from "./state.js";

const page = 40;

export async function show(about, open) {
  const at = Math.min(+state.one("g", "0") || 0, about.groupings.length - 1);
  const list = h("div", {class: "grouplist"}), more = h("button", {type: "button", onclick: () => fetchMore()}, "More");
  const total = h("span", {class: "total"});
  const bar = h("div", {class: "bar"}, h("label", {}, "Groups of ", select({onchange: e => state.set({g: e.target.value})}, about.groupings.map((g, i) => [i, g.name]), at)), total);
  const scroller = h("div", {class: "scroller pages"}, list, more);
  put($("main"), bar, scroller);
  let from = 0;
  async function fetchMore() {
    more.disabled = true;
    try {
      const a = await get("/api/groups", `grouping=${at}&from=${from}&count=${page}`);
      from += a.groups.length;
      total.textContent = a.total === 1 ? "1 group of two and more" : `${number(a.total)} groups of two and more`;
      list.append(...a.groups.map(g => group(g, at, open)));
      more.hidden = from >= a.total;
    } catch (error) {
      list.append(h("p", {class: "bad"}, error.message));
    }
    more.disabled = false;
  }
  await fetchMore();
}

function group(g, at, open) {
  const distance = m => m.adistance < 0 ? "hashes not given" : `ahash ${m.ahash}, ${m.adistance} bits; phash ${m.phash}, ${m.pdistance} bits`;
  return h("section", {class: "group", "aria-label": `Group ${g.number + 1}`},
    h("div", {class: "head"}, h("h3", {}, `Group ${g.number + 1}: ${g.size} samples`),
      h("button", {type: "button", class: "plain", onclick: () => state.set({view: null, group: `${at}:${g.number + 1}`})}, "in the grid")),
    h("div", {class: "members"}, g.members.map((m, i) => {
      const e = h("button", {type: "button", class: "tile", "data-row": m.row, onclick: () => open(m.row)}, thumbnail(m, 180), h("span", {class: "id cut", title: visible(m.id)}, visible(m.id)),
        h("span", {class: "note", title: distance(m)}, i === 0 && m.adistance >= 0 ? "the first" : m.adistance < 0 ? "no hashes" : `ahash ${m.adistance}, phash ${m.pdistance} bits`));
      if (m.ahash) e.append(h("span", {class: "id note"}, m.ahash), h("span", {class: "id note"}, m.phash));
      return e;
    })));
}
