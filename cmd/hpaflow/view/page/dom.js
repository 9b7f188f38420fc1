// What builds the document. Text is only ever set as text.

// h makes an element: h("button", {class: "x", onclick: f}, "text", child).
export function h(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "selected") e[name] = value;
    else e.setAttribute(name, value === true ? "" : value);
  }
  e.append(...children.flat(3).filter(c => c !== null && c !== undefined && c !== false));
  return e;
}

// put makes children an element's only ones; null and false are none.
export function put(element, ...children) {
  element.replaceChildren(...children.flat(3).filter(c => c !== null && c !== undefined && c !== false));
}

export const $ = id => document.getElementById(id);

// say tells those who do not see what has happened.
export function say(text) {
  $("live").textContent = text;
}

export const number = n => n.toLocaleString("en");

// percent is a share in words.
export const percent = p => (100 * p).toFixed(1) + "%";

// soon calls a function once a stream of events has paused.
export function soon(f, ms = 150) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => f(...args), ms);
  };
}

// visible shows what would not be seen in a name: controls and marks of direction.
export function visible(text) {
  return [...text].map(c => /[\p{Cc}\p{Cf}]/u.test(c) ? "\\u" + c.codePointAt(0).toString(16).padStart(4, "0") : c).join("");
}

// options are those of a select.
export function select(attributes, choices, chosen) {
  return h("select", attributes, choices.map(([value, text]) => h("option", {value, selected: String(value) === String(chosen)}, text)));
}

// typing says whether keys go into a field.
export function typing(event) {
  const t = event.target;
  return t instanceof HTMLInputElement && !["range", "checkbox", "color"].includes(t.type) || t instanceof HTMLTextAreaElement || t instanceof HTMLSelectElement;
}
