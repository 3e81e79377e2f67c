// All orders, by stage.

import { get } from "../api.js";
import { el, keyed, setText, theirs } from "../dom.js";
import { count, money, plain, setTime } from "../format.js";
import { OFTEN, SELDOM, refresh } from "../refresh.js";
import { STAGES, badge, setBadge, shortWords, stageWords } from "../stages.js";

const TOP = 25;
// What a person may have to see to comes first.
const FILTERS = [
  "AwaitingProceed", "Failed", "Invoiced", "Cancelled", "Expired", "PaymentDeclined", "Rejected",
  "Pending", "CheckingInventory", "ProcessingPayment",
];
const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;

export function ordersView(signal, _, parameters) {
  const wanted = parameters.get("stage");
  const stage = FILTERS.includes(wanted) ? wanted : "";
  const tokens = [""];
  const body = el("tbody");
  const table = el("table", { class: "orders", hidden: true },
    el("caption", { class: "unseen" }, "Orders"),
    el("thead", {}, el("tr", {}, ["Order", "Stage", "What about it", "Placed"]
      .map((title) => el("th", { scope: "col" }, title)))),
    body);
  const state = el("p", { class: "state" }, "Loading …");
  const before = el("button", { type: "button", disabled: true }, "Back");
  const next = el("button", { type: "button", disabled: true }, "More");
  const where = el("p", { class: "quiet", role: "status" });
  const filtering = filters(stage, signal);
  let following = null;

  async function look() {
    const query = new URLSearchParams({ top: String(TOP) });
    if (stage) query.set("stage", stage);
    if (tokens.at(-1)) query.set("continuationToken", tokens.at(-1));
    const page = tokens.length;
    let answer;
    try {
      ({ body: answer } = await get(`orders?${query}`, { signal }));
    } catch (error) {
      // A token of a version of the app that was replaced meanwhile.
      if (error.status === 400 && page > 1) tokens.length = 1;
      throw error;
    }
    filtering.startCounting();
    if (page !== tokens.length) return;
    following = answer.continuationToken;
    show(answer.orders);
  }

  function show(orders) {
    keyed(body, orders, (order) => order.orderId, makeRow, updateRow);
    table.hidden = orders.length === 0;
    state.hidden = orders.length > 0;
    setText(state, empty(stage, tokens.length > 1 || following !== null));
    const all = tokens.length === 1 && !following;
    const shown = `${count(orders.length, "order")}, newest first`;
    setText(where, orders.length === 0 ? "" : all ? shown : `Page ${tokens.length}: ${shown}`);
    before.disabled = tokens.length === 1;
    next.disabled = !following;
    before.parentElement.hidden = before.disabled && next.disabled;
  }

  const again = refresh(look, OFTEN, signal);
  next.addEventListener("click", () => {
    tokens.push(following);
    next.disabled = true;
    again();
  });
  before.addEventListener("click", () => {
    tokens.pop();
    again();
  });

  return [
    el("div", { class: "title" }, el("h1", {}, "Orders"), search()),
    filtering.links,
    el("section", { class: "card table", "aria-label": "List" }, state, table),
    el("div", { class: "pages" }, where,
      el("div", { class: "actions", hidden: true }, before, next)),
  ];
}

function filters(current, signal) {
  const counts = new Map();
  const link = (stage, words) => {
    const number = el("span", { class: "count", hidden: true });
    counts.set(stage, number);
    return el("a", {
      href: stage ? `#/orders?stage=${stage}` : "#/orders",
      "aria-current": stage === current ? "true" : undefined,
      "data-tone": STAGES[stage]?.tone,
    }, words, number);
  };
  const links = [link("", "All"), ...FILTERS.map((it) => link(it, stageWords(it)))];
  const tell = (stage, number, more) => {
    const element = counts.get(stage);
    setText(element, `${number.toLocaleString("en")}${more ? "+" : ""}`);
    element.hidden = number === 0 && !more;
  };
  const look = async () => {
    try {
      const { body } = await get("order-counts", { signal, isExtra: true });
      for (const stage of FILTERS) tell(stage, body.counts[stage] ?? 0, body.atLeast.includes(stage));
      const all = FILTERS.reduce((sum, stage) => sum + (body.counts[stage] ?? 0), 0);
      tell("", all, body.atLeast.length > 0);
    } catch (error) {
      // Who may list the orders need not have the right to count them.
      if (error.status === 401 || error.status === 403) return Infinity;
      throw error;
    }
    return SELDOM;
  };
  let counting = false;
  // The orders come first.
  const startCounting = () => {
    if (!counting) refresh(look, SELDOM, signal);
    counting = true;
  };
  return { links: el("nav", { class: "filters", "aria-label": "Stages" }, links), startCounting };
}

function search() {
  const input = el("input", {
    id: "find", name: "find", type: "search", autocomplete: "off", spellcheck: "false",
    placeholder: "Order id", "aria-label": "Find an order by its id",
  });
  const submit = (event) => {
    event.preventDefault();
    const id = input.value.trim();
    input.setCustomValidity(ID.test(id) ? "" : "An order's id has letters, digits, - and _.");
    if (input.reportValidity()) location.hash = `#/orders/${id}`;
  };
  input.addEventListener("input", () => input.setCustomValidity(""));
  return el("form", { class: "search", role: "search", onsubmit: submit }, input, el("button", {}, "Find"));
}

function makeRow(order) {
  return el("tr", {},
    el("td", { class: "id" }, el("a", { href: `#/orders/${encodeURIComponent(order.orderId)}` }, theirs(order.orderId))),
    el("td", {}, badge(order.stage)),
    el("td", { class: "about" }, el("bdi")),
    el("td", { class: "when" }, el("time")));
}

function updateRow(row, order) {
  setBadge(row.querySelector(".badge"), order.stage, order.runtimeStatus);
  setText(row.querySelector(".about bdi"), about(order));
  setTime(row.querySelector("time"), order.createdTime);
}

function about(order) {
  if (order.invoice) return money(order.invoice.total, order.invoice.currency);
  if (order.reason || order.error) return plain(order.reason ?? order.error);
  if (order.stage !== "AwaitingProceed") return "";
  return shortWords(order.short) || "The stock is there: it goes on with its next look.";
}

function empty(stage, more) {
  if (more) return "No order on this page is in this stage; the next page may have some.";
  if (stage) return `No order is in the stage “${stageWords(stage)}”.`;
  return "There are no orders yet. “Place an order” has an example of every kind.";
}
