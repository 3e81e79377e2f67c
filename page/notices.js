// What happened, said once, in words: seen in a corner, and read out by a screen reader.

import { el, theirs } from "./dom.js";

const SHOWN_FOR = 15_000;
const MOST = 4;

/** Say what happened; `parts` are text and elements such as links. `kind`: good, bad or plain. */
export function say(kind, ...parts) {
  const place = document.getElementById("notices");
  const close = el("button", { type: "button", class: "close", "aria-label": "Dismiss" }, "×");
  const notice = el("div", { class: `notice ${kind}` }, el("p", {}, ...parts), close);
  close.addEventListener("click", () => notice.remove());
  place.append(notice);
  while (place.children.length > MOST) place.firstElementChild.remove();
  // Not while somebody reads it or has the focus in it.
  const leave = () => {
    if (notice.matches(":hover, :focus-within")) setTimeout(leave, 2_000);
    else notice.remove();
  };
  setTimeout(leave, kind === "bad" ? SHOWN_FOR * 2 : SHOWN_FOR);
}

export const good = (...parts) => say("good", ...parts);
export const bad = (...parts) => say("bad", ...parts);

/** Do something for a person, and say what went wrong if it does. */
export async function attempt(what, work) {
  try {
    return await work();
  } catch (trouble) {
    // Nobody looks at that view any more.
    if (trouble.name === "AbortError") return undefined;
    if (!("status" in trouble)) console.error(trouble);
    bad(`${what}: ${trouble.message}`);
    return undefined;
  }
}

/** A link to an order. */
export function orderLink(orderId) {
  return el("a", { href: `#/orders/${encodeURIComponent(orderId)}` }, theirs(orderId));
}

/** Some order links, and how many more there are. */
export function orderLinks(ids, most = 5) {
  const links = ids.slice(0, most).flatMap((id, index) => [index ? ", " : "", orderLink(id)]);
  return ids.length > most ? [...links, ` and ${ids.length - most} more`] : links;
}
