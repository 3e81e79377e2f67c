// Elements made of text alone: no markup is ever read from data.

import { plain } from "./format.js";

/** Make an element; strings among the children become text, false and null nothing. */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) set(element, name, value);
  append(element, children);
  return element;
}

function set(element, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name in element && typeof value === "boolean") element[name] = value;
  else element.setAttribute(name, value);
}

function append(element, children) {
  for (const child of children.flat(3)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Text of somebody else's, kept apart from the direction of the text around it. */
export const theirs = (text, properties = {}) => el("bdi", properties, plain(text));

/** Replace an element's text only if it is another one, so that nothing flickers or is read twice. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Replace all children, unless what they are drawn from is as it was at the last call. */
export function redraw(element, state, draw) {
  const drawn = JSON.stringify(state);
  if (element.drawnFrom === drawn) return;
  element.drawnFrom = drawn;
  element.replaceChildren(...[draw()].flat().filter(Boolean));
}

/**
 * Bring a list up to date in place: one child for each item, by its key. Children that stay keep
 * their focus and are moved only if their order changes.
 */
export function keyed(parent, items, keyOf, make, update) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let next = parent.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    let child = known.get(key);
    if (child) known.delete(key);
    else {
      child = make(item);
      child.dataset.key = key;
    }
    update(child, item);
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
  for (const child of known.values()) child.remove();
}
