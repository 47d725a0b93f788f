/** Registers the service worker for whoever is logged in; logging out removes it (Clear-Site-Data). */

const path = document.body.dataset.serviceWorker;

/** Resolves to the registration once it is active, or to null where the browser has none. */
export const registration = path && "serviceWorker" in navigator ? register() : null;

async function register() {
  try {
    await navigator.serviceWorker.register(path, { scope: "/" });
    return await navigator.serviceWorker.ready;
  } catch {
    return null;
  }
}
