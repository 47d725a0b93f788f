/**
 * Puts the server's updates into the page: {region, object, sequence, html, slots}.
 *
 * `html` is the new state of every element with data-region="<region>"; `slots` are finished texts for the elements with
 * data-slot="<name>". What is older than what is shown of the same object is dropped. Dispatches on the document
 * "live:update" before (cancelable) and "live:applied" after.
 */

import { csrfToken } from "./api.js";
import { morph, syncAttributes } from "./morph.js";

const shown = new Map(); // region → {object, sequence, pushedAt}

/** The names of the regions on this page. */
export function regionNames() {
  return [...new Set([...document.querySelectorAll("[data-region]")].map((element) => element.dataset.region))];
}

/** Whether an update without content is about what its region shows, so that the page must fetch it. */
export function mustFetch(update) {
  return update.html === undefined && !update.slots && stateOf(update.region).object === update.object;
}

/** `askedAt`: when the page asked for it (performance.now()); what was pushed since is newer. A push has none. */
export function apply(update, askedAt = null) {
  const known = stateOf(update.region);
  const isSame = known.object === update.object;
  if (askedAt !== null && known.pushedAt > askedAt) return;
  if (isSame && update.sequence < known.sequence) return;
  if (!tell("live:update", update, true)) return;
  shown.set(update.region, {
    object: update.object,
    sequence: update.sequence,
    pushedAt: askedAt === null ? performance.now() : known.pushedAt,
  });
  if (update.html !== undefined) swap(update.region, update.html, isSame);
  for (const [name, text] of Object.entries(update.slots ?? {})) fill(name, text);
  tell("live:applied", { region: update.region, isSame });
}

function stateOf(region) {
  if (!shown.has(region)) {
    const { object, sequence } = find(region)[0]?.dataset ?? {};
    shown.set(region, { object, sequence: Number(sequence ?? -1), pushedAt: 0 });
  }
  return shown.get(region);
}

function swap(region, html, isSame) {
  const fresh = parse(html);
  for (const element of find(region)) {
    const hadFocus = element.contains(document.activeElement);
    const next = document.importNode(fresh, true);
    if (isSame) {
      morph(element, next);
    } else {
      syncAttributes(element, next);
      element.replaceChildren(...next.childNodes);
    }
    const lostFocus = hadFocus && !element.contains(document.activeElement);
    if (lostFocus) element.querySelector("[data-focus]")?.focus({ preventScroll: true });
    // A reload shows the same, also when it is over.
    const { addressAs, object } = element.dataset;
    if (addressAs) history.replaceState(null, "", `?${addressAs}=${object.slice(object.indexOf(".") + 1)}`);
  }
}

/** The region's element, its forms with the token that no fragment carries. */
function parse(html) {
  const template = new DOMParser().parseFromString(`<template>${html}</template>`, "text/html").head.firstChild;
  const element = template.content.firstElementChild;
  for (const form of element.querySelectorAll('form[method="post"]')) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name: "csrfmiddlewaretoken" });
    input.setAttribute("value", csrfToken());
    form.prepend(input);
  }
  return element;
}

function fill(name, text) {
  for (const element of document.querySelectorAll(`[data-slot="${CSS.escape(name)}"]`)) {
    if (element.textContent !== text) element.textContent = text;
    const holder = element.closest("[data-hide-empty]");
    if (holder) holder.hidden = text === "";
  }
}

function find(region) {
  return document.querySelectorAll(`[data-region="${CSS.escape(region)}"]`);
}

function tell(type, detail, cancelable = false) {
  return document.dispatchEvent(new CustomEvent(type, { detail, cancelable }));
}
