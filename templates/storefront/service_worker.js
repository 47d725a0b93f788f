{# version; static_url; shell: addresses that the offline page needs; offline_url #}
/* Keeps static files and the offline page, and nothing of a person; shows notifications. */

const CACHE = "static-{{ version }}";
const STATIC = "{{ static_url }}";
const OFFLINE = "{{ offline_url }}";
const SHELL = {{ shell|safe }};

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE);
      // Without cookies: the page that everyone gets.
      await cache.addAll(SHELL.map((path) => new Request(path, { credentials: "omit", cache: "reload" })));
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith(STATIC)) event.respondWith(staticFile(request));
  else if (request.mode === "navigate") event.respondWith(page(request));
});

async function staticFile(request) {
  try {
    const response = await fetch(request);
    if (response.ok && response.type === "basic") await (await caches.open(CACHE)).put(request, response.clone());
    return response;
  } catch (error) {
    const kept = await caches.match(request, { ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

async function page(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match(OFFLINE, { ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("push", (event) => event.waitUntil(show(event.data.json())));

async function show({ title, body, icon, tag, path }) {
  const pages = await self.clients.matchAll({ type: "window" });
  // The page in front of them shows it already.
  if (pages.some((client) => client.visibilityState === "visible" && client.focused)) return;
  await self.registration.showNotification(title, { body, icon, badge: icon, tag, data: { path } });
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.path));
});

async function open(path) {
  const target = new URL(path, location.origin);
  if (target.origin !== location.origin) return;
  const [client] = await self.clients.matchAll({ type: "window" }); // the one used last
  if (!client) return self.clients.openWindow(target.href);
  await client.focus().catch(() => null); // a browser may refuse that; the page shows it all the same
  await client.navigate(target.href).catch(() => self.clients.openWindow(target.href));
}
