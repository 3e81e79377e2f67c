// The documented HTTP API, under whatever route prefix this file was served.

import { functionKey } from "./key.js";

const BASE = new URL("../", import.meta.url);
const PATIENCE = 20_000;

/** What came instead of the wanted answer: `status` is 0 when nobody answered. */
export class Trouble extends Error {
  constructor(status, message, body = null) {
    super(message);
    this.status = status;
    this.body = body;
    this.fields = Array.isArray(body?.fields) ? body.fields : [];
  }
}

const watchers = new Set();

/** Tell a function of every answer's status, 0 for none: the banner and the key form live on it. */
export function onAnswer(watcher) {
  watchers.add(watcher);
}

/**
 * Send a request; returns `{status, body, headers}`, and throws Trouble for 400 and more.
 * `isExtra` is for what the view does without: no key is asked for.
 */
export async function call(method, path, { body, headers = {}, signal, base = BASE, isExtra } = {}) {
  const sent = { Accept: "application/json", ...headers };
  const key = functionKey();
  if (key) sent["x-functions-key"] = key;
  if (body !== undefined) sent["Content-Type"] = "application/json";
  const limit = AbortSignal.timeout(PATIENCE);
  let response;
  let text;
  try {
    response = await fetch(new URL(path, base), {
      method, headers: sent, cache: "no-store", credentials: "same-origin",
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal && AbortSignal.any ? AbortSignal.any([signal, limit]) : limit,
    });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    tell(0);
    throw new Trouble(0, "The host does not answer.");
  }
  const answer = parse(text);
  if (!(isExtra && (response.status === 401 || response.status === 403))) tell(response.status, answer);
  if (response.status >= 400) {
    throw new Trouble(response.status, words(response.status, answer), answer);
  }
  return { status: response.status, body: answer, headers: response.headers };
}

export const get = (path, options) => call("GET", path, options);
export const post = (path, body, headers) => call("POST", path, { body, headers });
export const put = (path, body, headers) => call("PUT", path, { body, headers });

/** The path of a page of the stock; the token of the first one is empty. */
export const stockPage = (token) =>
  token ? `inventory?${new URLSearchParams({ continuationToken: token })}` : "inventory";

/** A path with each of its parts quoted. */
export const path = (...parts) => parts.map(encodeURIComponent).join("/");

function tell(status, body) {
  for (const watcher of watchers) watcher(status, body);
}

function parse(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

function words(status, body) {
  if (typeof body?.error === "string") return body.error;
  if (status === 401 || status === 403) return "The app asks for a function key.";
  if (status === 404) return "The app has no such address.";
  return `The app answered ${status}.`;
}
