/** Keeps the number beside "Messages" at what the server last said, and says politely when more of them wait. */

const MOST_SHOWN = 99;
let known = null;

/** `message`: {unread, sequence, conversation_id: where it changed, or null}. An older one than known is dropped. */
export function takeUnread(message) {
  if (known && message.sequence < known.sequence) return;
  const before = known?.unread ?? shown();
  // On the open page of that conversation it is read the moment it arrives, and the page itself says so.
  if (message.unread > before && isOpen(message.conversation_id)) return;
  known = message;
  for (const badge of document.querySelectorAll('[data-part="unread"]')) {
    badge.firstElementChild.textContent = message.unread > MOST_SHOWN ? `${MOST_SHOWN}+` : String(message.unread);
    badge.hidden = message.unread === 0;
  }
  const said = document.querySelector('[data-part="unread-said"]');
  if (said) said.textContent = message.unread > before ? words(message.unread) : "";
}

function shown() {
  return parseInt(document.querySelector('[data-part="unread"]')?.textContent ?? "0", 10);
}

function isOpen(conversationId) {
  const open = document.querySelector("live-conversation")?.dataset.conversationId;
  return document.visibilityState === "visible" && conversationId !== null && Number(open) === conversationId;
}

function words(unread) {
  return unread === 1 ? "1 new message" : `${unread} new messages`;
}
