/** The number beside "Messages": a message that arrives in the conversation one is looking at does not count. */

document.addEventListener("live:update", (event) => {
  const { region, object, slots } = event.detail;
  if (region !== "unread") return;
  const before = parseInt(document.querySelector('[data-slot="unread"]')?.textContent || "0", 10);
  const grows = parseInt(slots.unread || "0", 10) > before;
  // The page marks it read the moment it arrives, and says so itself.
  if (grows && isOpen(object)) event.preventDefault();
  if (!grows) slots["unread-said"] = "";
});

function isOpen(object) {
  const id = document.querySelector("live-conversation")?.dataset.conversationId;
  return document.visibilityState === "visible" && object === `conversation.${id}`;
}
