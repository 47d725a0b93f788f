/** <scheme-toggle>: dark or light, remembered in a cookie so that the server renders the next page right at once. */

const YEAR_SECONDS = 31_536_000;

class SchemeToggle extends HTMLElement {
  connectedCallback() {
    this.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      const next = this.#isDark() ? "light" : "dark";
      document.documentElement.dataset.scheme = next;
      const secure = location.protocol === "https:" ? "; secure" : "";
      document.cookie = `${this.dataset.cookie}=${next}; path=/; max-age=${YEAR_SECONDS}; samesite=lax${secure}`;
      this.querySelector('input[name="scheme"]').value = this.#isDark() ? "light" : "dark";
    });
  }

  /** What is on screen, whether chosen, the brand's habit or the system's. */
  #isDark() {
    const scheme = getComputedStyle(document.documentElement).colorScheme;
    return scheme === "dark" || (scheme === "light dark" && matchMedia("(prefers-color-scheme: dark)").matches);
  }
}

customElements.define("scheme-toggle", SchemeToggle);
