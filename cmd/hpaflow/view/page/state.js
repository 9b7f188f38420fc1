// What is shown, as the address has it behind its #: whoever opens it sees the same.

const questionKeys = ["text", "has", "not", "source", "in", "is", "group", "p", "verdict", "unsure", "table", "by", "label", "lasso", "sort", "near", "back"];

let now = new URLSearchParams(location.hash.slice(1));
const listeners = [];

export const all = name => now.getAll(name);
export const one = (name, otherwise = "") => now.get(name) ?? otherwise;

// list is a field whose values are separated by commas.
export const list = name => one(name) === "" ? [] : one(name).split(",");

// question is what the server is asked for, as the fields of an address.
export function question(changes = {}) {
  const q = new URLSearchParams();
  for (const key of questionKeys) {
    const values = key in changes ? [changes[key]].flat() : now.getAll(key);
    for (const value of values) if (value !== "" && value !== null) q.append(key, value);
  }
  return q;
}

// set changes fields: null removes one, an array sets several values. A step is one that
// the browser's Back goes back over.
export function set(changes, {step = true} = {}) {
  for (const [name, value] of Object.entries(changes)) {
    now.delete(name);
    for (const v of [value].flat()) if (v !== null && v !== "" && v !== undefined) now.append(name, v);
  }
  const hash = "#" + now;
  if (hash === location.hash || hash === "#" && !location.hash) return;
  history[step ? "pushState" : "replaceState"](null, "", hash);
  tell(Object.keys(changes));
}

export function onChange(f) {
  listeners.push(f);
}

function tell(names) {
  for (const f of listeners) f(names);
}

addEventListener("popstate", () => {
  const before = now;
  now = new URLSearchParams(location.hash.slice(1));
  const names = new Set([...before.keys(), ...now.keys()]);
  tell([...names].filter(n => before.getAll(n).join("\n") !== now.getAll(n).join("\n")));
});

// filtering says whether a change of these fields changes which samples there are.
export const filtering = names => names.some(n => questionKeys.includes(n));

export const filterKeys = questionKeys.filter(k => !["sort", "near", "back", "table", "by", "label"].includes(k));

// kept keeps a setting of the browser's, such as how planes are shown.
export function kept(name, value) {
  try {
    if (value === undefined) return localStorage.getItem("hpaflow." + name);
    localStorage.setItem("hpaflow." + name, value);
  } catch {
    return null; // it may not be kept
  }
}
