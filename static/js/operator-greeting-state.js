/**
 * While a recording is prepared, or its operator is on the phone for it, the page shows how it stands: the parts with a
 * `data-greeting-mark` are fetched anew until none of them has `data-greeting-moves` any more.
 */

const LOOK_AGAIN_MS = 2000;
const LOOKS = 150; // without anything new

async function lookAgain(looks) {
  if (!document.querySelector("[data-greeting-moves]") || looks === 0) return;
  const answer = await fetch(location.href).catch(() => null);
  const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  const isNews = page ? [...page.querySelectorAll("[data-greeting-mark]")].map(show).some(Boolean) : false;
  setTimeout(lookAgain, LOOK_AGAIN_MS, isNews ? LOOKS : looks - 1);
}

/** Put a fresh part in place of the one that is shown; false if it says the same. */
function show(fresh) {
  const shown = document.getElementById(fresh.id);
  if (!shown || shown.dataset.greetingMark === fresh.dataset.greetingMark) return false;
  const hadFocus = shown.contains(document.activeElement);
  const part = document.adoptNode(fresh);
  shown.replaceWith(part);
  const says = part.querySelector('[data-part="greeting-says"]')?.textContent.trim();
  if (says) document.getElementById("greeting-said").textContent = says;
  if (hadFocus) part.querySelector("a, button")?.focus();
  return true;
}

setTimeout(lookAgain, LOOK_AGAIN_MS, LOOKS);
