/**
 * While something goes on that the server knows of (a recording is prepared, a phone is called), the page shows how it stands: the
 * parts with a `data-mark` are fetched anew until none of them has `data-moves` any more.
 */

const LOOK_AGAIN_MS = 2000;
const LOOKS = 150; // without anything new

async function lookAgain(looks) {
  if (!document.querySelector("[data-moves]") || looks === 0) return;
  const answer = await fetch(location.href).catch(() => null);
  const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  const isNews = page ? [...page.querySelectorAll("[data-mark]")].map(show).some(Boolean) : false;
  setTimeout(lookAgain, LOOK_AGAIN_MS, isNews ? LOOKS : looks - 1);
}

/** Put a fresh part in place of the one that is shown; false if it says the same. */
function show(fresh) {
  const shown = document.getElementById(fresh.id);
  if (!shown || shown.dataset.mark === fresh.dataset.mark) return false;
  const hadFocus = shown.contains(document.activeElement);
  const part = document.adoptNode(fresh);
  shown.replaceWith(part);
  const says = part.querySelector('[data-part="says"]')?.textContent.trim();
  if (says) document.getElementById("said").textContent = says;
  if (hadFocus) part.querySelector("a, button")?.focus();
  return true;
}

setTimeout(lookAgain, LOOK_AGAIN_MS, LOOKS);
