/**
 * <app-dialog>: opens the <dialog> inside it from its own [data-open] button. Escape, the close button and a tap beside it
 * leave it; focus goes back to the button. Without this the button is a plain link or form that does the same.
 */

class AppDialog extends HTMLElement {
  connectedCallback() {
    const dialog = this.querySelector("dialog");
    this.querySelector("[data-open]")?.addEventListener("click", (event) => {
      event.preventDefault();
      dialog.showModal();
    });
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
    });
  }
}

customElements.define("app-dialog", AppDialog);
