/** The inbox beside the console: fetched anew, as the server renders it, when a message came or was read. */

const URL = "/inbox/";

/** Replace what `section` shows. On any failure it stays as it is; the next news brings it up to date. */
export async function refreshInbox(section) {
  if (!section) return;
  try {
    const response = await fetch(URL, { headers: { "X-Requested-With": "fetch" } });
    if (!response.ok) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    section.replaceChildren(...fresh.querySelector('[data-part="inbox"]').childNodes);
  } catch {
    // The line is down too then, and comes back with everything.
  }
}
