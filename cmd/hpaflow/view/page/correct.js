// Corrections: each is a row more in the file, and can be taken back.

import {post} from "./api.js";
import {say, visible} from "./dom.js";

const done = []; // by this page, the last one last: {id, time}
const listeners = [];

export const onCorrected = f => listeners.push(f);

// correct changes a sample: {flag, add, drop, note}. It gives the sample as it is then.
export async function correct(id, change) {
  try {
    const a = await post("/api/correct", {id, ...change});
    if (!change.undo) done.push({id, time: a.time});
    say("Kept.");
    for (const f of listeners) f(a.sample);
    return a.sample;
  } catch (error) {
    say("Not kept: " + error.message);
    alert(`The correction was not kept.\n\n${error.message}`);
    return null;
  }
}

// undo takes back the last change of this page, or that of a sample.
export async function undo(id, time) {
  if (id && time) {
    const at = done.findIndex(d => d.id === id && d.time === time);
    if (at >= 0) done.splice(at, 1);
    return correct(id, {undo: time});
  }
  const last = done.pop();
  if (!last) {
    say("There is nothing to undo.");
    return null;
  }
  const s = await correct(last.id, {undo: last.time});
  if (s) say("Undone: " + visible(last.id));
  return s;
}

export const canUndo = () => done.length > 0;
