/**
 * Makes an element like a fresh one and keeps what people do in it: focus, caret, scroll, typed text, open <details> and
 * dialogs, and every element that stays, ARIA live regions among them. No state, no wording.
 */

const NEVER_SYNCED = { DETAILS: ["open"], DIALOG: ["open"] };

/** Give `target` the attributes and children of `fresh`, whose nodes may be moved over. */
export function morph(target, fresh) {
  if (target.isEqualNode(fresh)) return;
  syncAttributes(target, fresh);
  if (!isBeingEdited(target)) syncChildren(target, fresh);
}

/** Give `target` the attributes of `fresh`. */
export function syncAttributes(target, fresh) {
  const kept = NEVER_SYNCED[target.tagName] ?? (isBeingEdited(target) ? ["value"] : []);
  for (const { name } of [...target.attributes]) {
    if (!fresh.hasAttribute(name) && !kept.includes(name)) target.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (target.getAttribute(name) !== value && !kept.includes(name)) target.setAttribute(name, value);
  }
}

function syncChildren(target, fresh) {
  let current = target.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const match = matchFrom(current, wanted);
    if (!match) {
      target.insertBefore(wanted, current);
      continue;
    }
    while (current !== match) current = dropped(current);
    if (match.nodeType === Node.ELEMENT_NODE) morph(match, wanted);
    else if (match.data !== wanted.data) match.data = wanted.data;
    current = match.nextSibling;
  }
  while (current) current = dropped(current);
}

/** The first sibling from `node` on that `wanted` is a newer state of. */
function matchFrom(node, wanted) {
  while (node && !isSame(node, wanted)) node = node.nextSibling;
  return node;
}

function isSame(node, wanted) {
  if (node.nodeType !== wanted.nodeType) return false;
  if (node.nodeType !== Node.ELEMENT_NODE) return true;
  return node.tagName === wanted.tagName && keyOf(node) === keyOf(wanted);
}

/** What tells an element from others of its kind beside it. */
function keyOf(element) {
  const { key, region } = element.dataset;
  return element.id || key || region || element.getAttribute("action") || element.getAttribute("name") || "";
}

function isBeingEdited(element) {
  return element === document.activeElement && ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName);
}

function dropped(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}
