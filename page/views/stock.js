// The stock: free, held, waited for; set and added to.

import { call, get, path, post, put, stockPage } from "../api.js";
import { ask } from "../dialogs.js";
import { el, keyed, setText, theirs } from "../dom.js";
import { count, decimals, money, number, plain } from "../format.js";
import { good, orderLinks } from "../notices.js";
import { refresh } from "../refresh.js";

const PAUSE = 1_500;

export function stockView(signal) {
  const body = el("tbody");
  const table = el("table", { class: "stock", hidden: true },
    el("caption", { class: "unseen" }, "Stock"),
    el("thead", {}, el("tr", {},
      el("th", { scope: "col" }, "Item"),
      ["Price", "Free", "Held", "Waiting"].map((title) => el("th", { scope: "col", class: "amount" }, title)),
      el("th", { scope: "col" }, el("span", { class: "unseen" }, "Change")))),
    body);
  const state = el("p", { class: "state" }, "Loading …");
  const pages = new Map();
  // Stays so when a later page cannot be read: the next look finds the ones before unchanged.
  let isNew = false;

  /** Read a page of the list, again only if it has changed. */
  async function read(token) {
    const known = pages.get(token);
    const answer = await get(stockPage(token), { signal, headers: known?.etag ? { "If-None-Match": known.etag } : {} });
    if (answer.status === 304) return known;
    const page = { ...answer.body, etag: answer.headers.get("ETag") ?? "" };
    pages.set(token, page);
    isNew = true;
    return page;
  }

  async function look() {
    const items = [];
    const seen = new Set();
    let token = "";
    do {
      const page = await read(token);
      seen.add(token);
      items.push(...page.items);
      token = page.continuationToken;
    } while (token);
    for (const token of pages.keys()) if (!seen.has(token)) pages.delete(token);
    if (!isNew) return;
    isNew = false;
    keyed(body, items, (item) => item.sku, (item) => makeRow(item, () => again()), updateRow);
    table.hidden = items.length === 0;
    state.hidden = items.length > 0;
    setText(state, "There is no stock yet. Add an item, or run an example under “Place an order”.");
  }

  const again = refresh(look, PAUSE, signal);
  const add = el("button", { type: "button", class: "primary" }, "Add an item");
  add.addEventListener("click", () => change(null, again));
  return [
    el("div", { class: "title" }, el("h1", {}, "Stock"), el("div", { class: "actions" }, add)),
    el("p", { class: "quiet" },
      "Held is what orders have reserved or bought. Waiting is how many orders wait for the item."),
    el("section", { class: "card table", "aria-label": "List" }, state, table),
  ];
}

function makeRow(item, again) {
  const row = el("tr", {},
    el("td", {}, el("bdi", { class: "name" }), el("br"), el("small", {}, theirs(item.sku))),
    el("td", { class: "amount price" }),
    ["free", "held", "waiting"].map((name) => el("td", { class: `amount ${name}`, "data-label": name })),
    el("td", {}, el("div", { class: "actions" },
      el("button", { type: "button", "aria-label": `Restock ${plain(item.sku)}`, onclick: () => restock(row.item, again) }, "Restock"),
      el("button", { type: "button", "aria-label": `Change ${plain(item.sku)}`, onclick: () => change(row.item, again) }, "Change"))));
  return row;
}

function updateRow(row, item) {
  row.item = item;
  setText(row.querySelector(".name"), plain(item.description));
  setText(row.querySelector(".price"), money(item.unitPrice, item.currency));
  setText(row.querySelector(".free"), number(item.available));
  setText(row.querySelector(".held"), number(item.held));
  setText(row.querySelector(".waiting"), number(item.waiting));
  row.classList.toggle("short", item.waiting > 0);
}

/** A key that no other request has; a repeat under it adds nothing. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Say which orders a restock woke. */
export function sayRestocked(sku, quantity, { available, notified }) {
  const woke = notified.length
    ? [` It woke ${count(notified.length, "order")}: `, ...orderLinks(notified), "."]
    : [" No order waited that it could serve."];
  good(`${number(quantity)} added to ${plain(sku)}; ${number(available)} free.`, ...woke);
}

function restock(item, again) {
  // One key for this dialog: sending it again after trouble adds nothing twice.
  const key = newKey();
  ask({
    title: `Restock ${plain(item.sku)}`,
    about: "Adds to the stock, then wakes the waiting orders that it can serve, oldest first.",
    fields: [{ name: "quantity", label: "Pieces to add", type: "number", min: "1", step: "1", value: "5", required: true }],
    action: "Restock",
    async submit({ quantity }) {
      const { body } = await post(path("inventory", item.sku) + "/restock",
        { quantity: Number(quantity) }, { "Idempotency-Key": key });
      sayRestocked(item.sku, Number(quantity), body);
      again();
    },
  });
}

/** Create an item, or set all of one as it was last read. */
async function change(item, again) {
  let etag = "";
  if (item) {
    const read = await call("GET", path("inventory", item.sku)).catch(() => null);
    if (!read) return;
    item = read.body;
    etag = read.headers.get("ETag");
  }
  const digits = item ? decimals(item.currency) : 2;
  const price = item ? (item.unitPrice / 10 ** digits).toFixed(digits) : "";
  ask({
    title: item ? `Change ${plain(item.sku)}` : "Add an item",
    about: "This sets the free stock and wakes nobody: send Proceed to an order that waits, or restock instead.",
    fields: [
      ...(item ? [] : [{ name: "sku", label: "SKU", required: true, maxlength: "64", pattern: "[A-Za-z0-9][A-Za-z0-9_.\\-]*" }]),
      { name: "description", label: "Description", required: true, maxlength: "200", value: item?.description },
      { name: "price", label: "Price of one piece, such as 12.50", required: true, inputmode: "decimal", pattern: "[0-9]+(\\.[0-9]+)?", value: price },
      { name: "currency", label: "Currency, such as EUR", required: true, pattern: "[A-Z]{3}", value: item?.currency ?? "EUR" },
      { name: "available", label: "Free pieces", type: "number", min: "0", step: "1", required: true, value: item?.available ?? 1 },
    ],
    action: "Save",
    async submit(values) {
      const sku = item?.sku ?? values.sku;
      const unitPrice = Math.round(Number(values.price) * 10 ** decimals(values.currency));
      await put(path("inventory", sku), {
        description: values.description.trim(), unitPrice, currency: values.currency,
        available: Number(values.available),
      }, item ? { "If-Match": etag } : { "If-None-Match": "*" });
      good(`${plain(sku)} is saved: ${number(Number(values.available))} free.`);
      again();
    },
  });
}
