/** The messages on the page: each number once, in order, day by day, as the server wrote them. */

const RANK = { sent: 0, delivered: 1, read: 2 };
const NEAR_END_PX = 160;

export class Bubbles {
  #marked = [0, 0];

  /** `root`: with the server's list and its words in it; in a pane its log scrolls, else the page. `last`: the highest number known. */
  constructor(root, last) {
    this.root = root;
    this.list = root.querySelector('[data-part="list"]');
    this.last = last;
    const log = root.querySelector('[role="log"]');
    const isInPane = root.closest("[data-pane]") !== null;
    if (isInPane) log.tabIndex = 0; // to be scrolled by keys
    this.scroller = isInPane ? log : document.documentElement;
  }

  /** Show `fetched`, a list of the server: new ones at the end, known ones brought up to date. Returns the new ones. */
  put(fetched) {
    const added = [];
    let day = null;
    for (const element of [...fetched.children]) {
      if (!element.dataset.number) {
        day = element;
        continue;
      }
      const known = this.#find(element);
      if (known && !known.isEqualNode(element)) known.replaceWith(element);
      if (known || numberOf(element) <= this.last) continue; // further up than the page goes
      if (dateOf(day) !== dateOf(this.#days().at(-1))) this.list.append(day);
      this.list.append(element);
      this.last = numberOf(element);
      added.push(element);
    }
    this.mark(...this.#marked); // heard, it may be, before this
    return added;
  }

  /** Put `fetched`, earlier messages, above the others; what is being read stays in place. */
  prepend(fetched) {
    const { scrollHeight: before, scrollTop: anchored } = this.scroller;
    const earlier = [...fetched.children].filter((element) => !element.dataset.number || !this.#find(element));
    const lastDay = earlier.filter((element) => !element.dataset.number).at(-1);
    const [firstDay] = this.#days();
    if (lastDay && dateOf(lastDay) === dateOf(firstDay)) firstDay.remove();
    this.list.prepend(...earlier);
    this.scroller.scrollTo({ top: anchored + this.scroller.scrollHeight - before, behavior: "instant" });
  }

  /** The other side got everything up to `delivered` and read everything up to `read`. */
  mark(delivered, read) {
    this.#marked = [delivered, read];
    for (const part of this.list.querySelectorAll(".bubble--mine [data-delivery]")) {
      const number = numberOf(part.closest(".bubble"));
      const state = number <= read ? "read" : number <= delivered ? "delivered" : null;
      if (part.dataset.delivery === "failed" && state !== "read") continue; // a later one that came proves nothing
      if (!state || RANK[state] <= (RANK[part.dataset.delivery] ?? -1)) continue;
      part.dataset.delivery = state;
      part.textContent = this.root.dataset[state];
    }
  }

  /** Whether the newest is on screen, or nearly. */
  isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  }

  scrollToEnd() {
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior: "instant" });
  }

  #find(element) {
    return this.list.querySelector(`[data-number="${element.dataset.number}"]`);
  }

  #days() {
    return [...this.list.querySelectorAll(".bubbles-day")];
  }
}

function numberOf(element) {
  return Number(element.dataset.number);
}

/** The date of a day's heading, as 2026-11-25; undefined for none. */
function dateOf(day) {
  return day?.querySelector("time").dateTime;
}
