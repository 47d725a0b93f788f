/**
 * The field of a conversation: it grows, keeps a draft, says that somebody writes, and sends. A text that could not be
 * sent stays in it, under the same key where nobody knows whether it arrived.
 */

import { newKey } from "./api.js";
import { grow } from "./growing-field.js";

const TYPING_EVERY_MS = 3000;
const DRAFT_AFTER_MS = 800;
const DRAFT_AT_LATEST_MS = 2000; // for who doesn't pause
const HAS_KEYS = matchMedia("(pointer: fine)"); // on a phone, Enter is a new line: a tap sends, and costs

export class Composer {
  #owner;
  #key = newKey();
  #typedAt = 0;
  #draftTimer = null;
  #draftSince = 0;
  #accepted = null; // the text to send with something hidden
  #isWrittenHere = false; // what is in the field, since another page was heard of
  #listening = new AbortController();

  /** `owner`: {send(text, key, acceptsHiding) → answer of the API, typing(), draft(text, isLeaving)}. */
  constructor(root, owner) {
    this.#owner = owner;
    this.root = root;
    this.form = root.querySelector(".conversation-form");
    if (!this.form) return; // nothing can be written here now
    this.field = this.form.querySelector("textarea");
    this.row = this.form.querySelector(".composer-row");
    this.hiding = this.form.querySelector('[data-part="hiding"]');
    this.button = this.row.querySelector("button");
    this.form.addEventListener("submit", (event) => this.#send(event));
    this.field.addEventListener("input", () => this.#onInput());
    this.field.addEventListener("keydown", (event) => this.#onKey(event));
    // A tap on the button leaves the focus, and a phone's keyboard, where they are.
    this.button.addEventListener("mousedown", (event) => event.preventDefault());
    this.field.addEventListener("blur", () => this.#saveDraft());
    const { signal } = this.#listening;
    window.addEventListener("pagehide", () => this.#saveDraft(true), { signal });
    document.addEventListener("visibilitychange", () => document.hidden && this.#saveDraft(true), { signal });
    grow(this.field);
  }

  /** The conversation leaves the page. */
  leave() {
    this.#saveDraft(true);
    this.#listening.abort();
  }

  /** Another page of this person has `text` in its field. Who is writing here right now goes on: theirs is told in turn. */
  showDraft(text) {
    if (!this.form || this.#draftTimer !== null || this.button.disabled) return;
    this.#isWrittenHere = false;
    if (this.field.value !== text) this.field.value = text;
    grow(this.field);
  }

  /** The line is back, where `text` is kept: what was written here without it goes there, else that is shown. */
  meetDraft(text) {
    if (!this.#isWrittenHere) this.showDraft(text);
    else if (this.field.value !== text && this.#draftTimer === null) this.#owner.draft(this.field.value, false);
  }

  async #send(event) {
    event.preventDefault();
    if (event.submitter?.name === "edit") return this.#edit();
    const text = this.field.value.trim();
    if (!text || this.button.disabled) return;
    if (event.submitter?.name === "accept_hiding") this.#accepted = text;
    this.button.disabled = true;
    this.#stopDraft(); // kept after the message, it would come back
    this.#say("");
    const answer = await this.#owner.send(text, this.#key, this.#accepted === text);
    this.button.disabled = false;
    const isSame = this.field.value.trim() === text; // else something new was begun meanwhile
    if (answer.data.code === "contacts_hidden" && isSame) return this.#ask(answer.data);
    if (answer.ok) {
      this.#key = newKey();
      this.#accepted = null;
      this.form.elements.key.value = newKey();
      if (isSame) this.#clear();
      this.form.querySelector('[data-part="agree"]')?.remove();
      grow(this.field);
    } else {
      if (isSame) this.#owner.draft(this.field.value, false);
      // Whether it arrived is unknown when there was no answer: a second try carries the same key.
      if (answer.data.code !== "network") this.#key = newKey();
      this.#say(answer.data.error ?? this.form.dataset.noAnswer);
      if (answer.data.code === "network" && !this.hiding.hidden) return; // to be pressed again
    }
    this.#edit();
  }

  #ask(answer) {
    for (const part of this.hiding.querySelectorAll("[data-of]")) part.textContent = answer[part.dataset.of];
    this.row.hidden = true;
    this.hiding.hidden = false;
    this.hiding.focus(); // no button: a second Enter must not send
  }

  #edit() {
    this.hiding.hidden = true;
    this.row.hidden = false;
    this.field.focus();
  }

  #clear() {
    this.field.value = "";
    this.#isWrittenHere = false;
  }

  #onKey(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !HAS_KEYS.matches) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  #onInput() {
    this.#isWrittenHere = true;
    grow(this.field);
    if (Date.now() - this.#typedAt > TYPING_EVERY_MS) {
      this.#typedAt = Date.now();
      this.#owner.typing();
    }
    if (this.#draftTimer === null) this.#draftSince = performance.now();
    clearTimeout(this.#draftTimer);
    const latestMs = Math.max(0, this.#draftSince + DRAFT_AT_LATEST_MS - performance.now());
    this.#draftTimer = setTimeout(() => this.#saveDraft(), Math.min(DRAFT_AFTER_MS, latestMs));
  }

  #stopDraft() {
    clearTimeout(this.#draftTimer);
    this.#draftTimer = null;
  }

  #saveDraft(isLeaving = false) {
    if (this.#draftTimer === null) return;
    this.#stopDraft();
    this.#owner.draft(this.field.value, isLeaving);
  }

  #say(text) {
    const box = this.root.querySelector('[data-part="error"]');
    box.hidden = !text;
    box.querySelector("p").textContent = text;
  }
}
