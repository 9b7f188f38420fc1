// What is filtered by, each with a way to take it away; and the order of samples.

import {h, number, select} from "./dom.js";
import * as state from "./state.js";

const flagNames = {image: "with an image", labelled: "labelled", dead: "dead", grouped: "in a group", flagged: "flagged", corrected: "corrected", noted: "with a note"};
const verdictNames = {wrong: "wrong", right: "right", fp: "false positive", fn: "false negative", tp: "true positive", tn: "true negative"};

function chip(text, changes) {
  return h("button", {type: "button", class: "chip", title: `${text}: take this filter away`, onclick: () => state.set(changes)}, h("span", {class: "cut"}, text), h("span", {"aria-hidden": "true"}, "×"));
}

export function chips(about) {
  const list = [];
  const label = n => `${n} ${about.labels[+n] ?? ""}`;
  if (state.one("text")) list.push(chip(`Id has “${state.one("text")}”`, {text: null}));
  for (const n of state.list("has")) list.push(chip(label(n), {has: state.list("has").filter(v => v !== n).join(",")}));
  for (const n of state.list("not")) list.push(chip("not " + label(n), {not: state.list("not").filter(v => v !== n).join(",")}));
  for (const is of state.all("is")) list.push(chip(is[0] === "!" ? "not " + flagNames[is.slice(1)] : flagNames[is] ?? is, {is: state.all("is").filter(v => v !== is)}));
  if (state.one("source")) list.push(chip(state.list("source").join(" or "), {source: null}));
  for (const word of state.all("in")) {
    const [c, v] = word.split(":"), category = about.categories[+c];
    const value = category?.values[+v] ?? "?";
    list.push(chip(`${category?.name ?? c}: ${value === "" ? "not there" : value === "in" ? "there" : value}`, {in: state.all("in").filter(w => w !== word)}));
  }
  if (state.one("verdict")) {
    const [kind, n] = state.one("verdict").split(":");
    list.push(chip(`${verdictNames[kind] ?? kind}: ${+n < 0 ? "any label" : label(n)}`, {verdict: null}));
  }
  for (const word of state.all("p")) {
    const [t, n, low, high] = word.split(":");
    list.push(chip(`${about.tables[+t]?.name ?? t}: ${label(n)} ${low} to ${high}`, {p: state.all("p").filter(w => w !== word)}));
  }
  if (state.one("unsure")) list.push(chip(`within ${state.one("unsure")} of a threshold`, {unsure: null}));
  if (state.one("group")) {
    const [g, n] = state.one("group").split(":");
    list.push(chip(+n > 0 ? `group ${n} of ${about.groupings[+g]?.name ?? g}` : `groups of ${about.groupings[+g]?.name ?? g}`, {group: null}));
  }
  if (state.one("lasso")) list.push(chip("chosen on the map", {lasso: null}));
  if (list.length > 1) list.push(h("button", {type: "button", class: "plain", onclick: clear}, "Clear all"));
  return list;
}

export function clear() {
  state.set(Object.fromEntries(state.filterKeys.map(k => [k, null])));
}

// order is the choice of the samples' order.
export function order(about) {
  const choices = [["", "as they came"], ["id", "by Id"], ["labels", "by number of labels"]];
  if (about.groupings.length) choices.push(["group", "by group"]);
  if (about.tables.some(t => t.probabilities)) choices.push(["unsure", "least certain first"], ["error", "by largest error"], ["p", "by probability of a label"]);
  if (state.one("sort") === "near") choices.push(["near", "nearest to " + state.one("near")]);
  const first = {error: "1", p: "1", labels: "1"};
  const list = [h("label", {}, "Order ", select({id: "sort", onchange: e => state.set({sort: e.target.value, near: null, back: first[e.target.value] ?? null})}, choices, state.one("sort")))];
  if (state.one("sort") === "p") {
    list.push(select({"aria-label": "of label", onchange: e => state.set({label: e.target.value})}, about.labels.map((n, i) => [i, `${i} ${n}`]), state.one("label", "0")));
  }
  list.push(h("button", {type: "button", "aria-pressed": String(state.one("back") === "1"), title: "Turn the order round", onclick: () => state.set({back: state.one("back") === "1" ? null : "1"})}, state.one("back") === "1" ? "↑ turned" : "↓"));
  return list;
}

export const counted = total => total === 1 ? "1 sample" : `${number(total)} samples`;
