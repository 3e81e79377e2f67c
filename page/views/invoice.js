// An invoice as its customer gets it.

import { el, theirs } from "../dom.js";
import { money, number, timeOf } from "../format.js";

export function invoiceCard(invoice) {
  const { currency } = invoice;
  return el("section", { class: "card", "aria-labelledby": "invoice" },
    el("h2", { id: "invoice" }, "Invoice ", theirs(invoice.invoiceId)),
    el("p", { class: "quiet" }, "For ", theirs(invoice.customerId), ", ", timeOf(invoice.issuedAt)),
    el("table", { class: "invoice" },
      el("caption", { class: "unseen" }, "Lines of the invoice"),
      el("thead", {}, el("tr", {}, ["Item", "Pieces", "Each", "Amount"].map((title, index) =>
        el("th", { scope: "col", class: index ? "amount" : undefined }, title)))),
      el("tbody", {}, invoice.lines.map((line) => el("tr", {},
        el("td", {}, theirs(line.description), el("br"), el("small", {}, theirs(line.sku))),
        el("td", { class: "amount" }, number(line.quantity)),
        el("td", { class: "amount" }, money(line.unitPrice, currency)),
        el("td", { class: "amount" }, money(line.amount, currency))))),
      el("tfoot", {}, el("tr", {},
        el("th", { scope: "row", colspan: "3" }, "Total"),
        el("td", { class: "amount total" }, money(invoice.total, currency))))),
    el("p", { class: "quiet" }, "Paid: ", theirs(invoice.paymentReference)));
}
