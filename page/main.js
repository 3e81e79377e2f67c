// The page: which view the address names, how the app's answers are doing, the key.

import { onAnswer } from "./api.js";
import { el, setText } from "./dom.js";
import { emulator } from "./emulator.js";
import { functionKey, keyForm, takeKeyFromAddress } from "./key.js";
import { good } from "./notices.js";
import { ordersView } from "./views/orders.js";

// The first view is loaded at once, the others when they are asked for.
const VIEWS = {
  orders: (id) => (id ? import("./views/order.js").then((it) => it.orderView) : ordersView),
  stock: () => import("./views/stock.js").then((it) => it.stockView),
  place: () => import("./views/place.js").then((it) => it.placeView),
  failed: () => import("./views/failed.js").then((it) => it.failedView),
};
const TITLES = { orders: "Orders", stock: "Stock", place: "Place an order", failed: "Failed messages" };

const main = document.getElementById("main");
const connection = document.getElementById("connection");
let open = new AbortController();
let asking = false;
let down = false;
let emulatorLooked = false;

/** Show the view that the address names; `#/orders?stage=Failed` is a view with its parameters. */
async function show(moved) {
  open.abort();
  open = new AbortController();
  asking = false;
  takeKeyFromAddress();
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [first, ...rest] = path.split("/");
  const name = first in VIEWS ? first : "orders";
  const argument = decoded(rest.join("/"));
  for (const link of document.querySelectorAll("[data-view]")) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const { signal } = open;
  document.title = argument ? `Order ${argument}` : TITLES[name];
  const view = await VIEWS[name](argument);
  if (signal.aborted) return;
  main.replaceChildren(...view(signal, argument, new URLSearchParams(query)));
  if (moved) {
    scrollTo(0, 0);
    const title = main.querySelector("h1");
    title?.setAttribute("tabindex", "-1");
    title?.focus({ preventScroll: true });
  }
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

onAnswer((status, body) => {
  if (status === 401 || status === 403) {
    askForKey();
  } else if (status === 0) {
    trouble("The host does not answer. The page goes on trying, and shows what it saw last.");
  } else if (status >= 500) {
    trouble(typeof body?.error === "string" ? body.error : `The app answered ${status}.`);
  } else if (down) {
    down = false;
    connection.hidden = true;
    document.body.classList.remove("down");
    good("The app answers again.");
  }
});

function startEmulator() {
  if (!emulatorLooked) emulator();
  emulatorLooked = true;
}

function trouble(words) {
  down = true;
  setText(connection, words);
  connection.hidden = false;
  document.body.classList.add("down");
}

function askForKey() {
  if (asking) return;
  open.abort();
  asking = true;
  document.title = "A function key, please";
  main.replaceChildren(keyForm(el, functionKey() !== "", () => show(true)));
  main.querySelector("input").focus();
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener("hashchange", () => show(true));
if (!location.hash) history.replaceState(null, "", "#/orders");
show(false);
// The shop's own data comes first.
onAnswer((status) => status > 0 && startEmulator());
