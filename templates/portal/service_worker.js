/* Shows what the portal tells its operator. It keeps nothing: no page, no file. */

const CONSOLE = "{% url 'portal:console' %}";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => event.waitUntil(show(event.data.json())));

async function show({ title, body, icon, tag, path, manner }) {
  const pages = await self.clients.matchAll({ type: "window" });
  // The page in front shows it already; what was shown before is over.
  if (pages.some((client) => client.visibilityState === "visible" && client.focused)) {
    for (const shown of await self.registration.getNotifications({ tag })) shown.close();
    return;
  }
  const isRing = manner === "ring";
  await self.registration.showNotification(title, {
    body,
    icon,
    badge: icon,
    tag,
    silent: manner === "silent",
    requireInteraction: isRing,
    data: { path },
  });
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.path));
});

// A page that is open stays where it is for what each page shows, as it does calls.
async function open(path) {
  const target = new URL(path, location.origin);
  if (target.origin !== location.origin) return;
  const [client] = await self.clients.matchAll({ type: "window" }); // the one used last
  if (!client) return self.clients.openWindow(target.href);
  await client.focus().catch(() => null); // a browser may refuse that; the page shows it all the same
  if (target.pathname === CONSOLE) return;
  await client.navigate(target.href).catch(() => self.clients.openWindow(target.href));
}
