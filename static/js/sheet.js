/**
 * Links with `data-sheet` open what their address shows as a dialog over the page (`?sheet` gives the server's <dialog>).
 * Escape, the button, or a tap beside it close it, and the focus is back on the link. Without an answer the link is followed.
 */

import { getFragment } from "./api.js";

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-sheet]");
  if (!link || event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  open(link);
});

async function open(link) {
  if (link.hasAttribute("aria-busy")) return;
  link.setAttribute("aria-busy", "true");
  const address = new URL(link.href);
  address.searchParams.set("sheet", "");
  const dialog = await getFragment(address);
  link.removeAttribute("aria-busy");
  if (!(dialog instanceof HTMLDialogElement)) return location.assign(link.href);
  link.focus({ preventScroll: true }); // some browsers focus no link that is tapped
  document.body.append(document.adoptNode(dialog));
  await Promise.all([...dialog.querySelectorAll("link")].map(isLoaded));
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.showModal();
}

/** Resolves once the style sheet of `link` is there, or can't be had. */
function isLoaded(link) {
  if (link.sheet) return null;
  return new Promise((resolve) => {
    link.addEventListener("load", resolve);
    link.addEventListener("error", resolve);
  });
}
