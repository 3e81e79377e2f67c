// The function key: from the address's fragment (#code=...) or typed in; kept for the session of
// this tab, never in the address bar.

const NAME = "functionKey";

export function functionKey() {
  return sessionStorage.getItem(NAME) ?? "";
}

export function keepKey(key) {
  if (key) sessionStorage.setItem(NAME, key);
  else sessionStorage.removeItem(NAME);
}

/** Take the key out of a fragment such as `#code=abc` or `#/orders/17&code=abc`. */
export function takeKeyFromAddress() {
  const found = /(^#|[?&])code=([^&]*)/.exec(location.hash);
  if (!found) return;
  try {
    keepKey(decodeURIComponent(found[2]).trim());
  } catch {
    keepKey(found[2]);
  }
  const rest = location.hash.replace(found[0], found[1] === "#" ? "#" : "").replace(/^#&/, "#");
  history.replaceState(null, "", rest === "#" ? "#/orders" : rest);
}

/** Ask for the key in place of a view; `tried` says whether one was refused. */
export function keyForm(el, tried, done) {
  const input = el("input", {
    id: "key", type: "password", autocomplete: "off", required: true, spellcheck: "false",
    "aria-describedby": "key-help",
  });
  const submit = (event) => {
    event.preventDefault();
    keepKey(input.value.trim());
    done();
  };
  return el("section", { class: "card narrow", "aria-labelledby": "key-title" },
    el("h1", { id: "key-title" }, "A function key, please"),
    tried && el("p", { class: "error", role: "alert" }, "The app refused the key. Check it, and give it again."),
    el("p", { id: "key-help" },
      "The app answers only with a function key. Find one in the Azure portal under App keys, or with ",
      el("code", {}, "az functionapp keys list"), ". This tab keeps it until you close it."),
    el("form", { onsubmit: submit },
      el("label", { for: "key" }, "Function key"), input,
      el("button", { class: "primary" }, "Open the shop")));
}
