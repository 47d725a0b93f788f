/** `task` (async), never twice at once: a call while it runs makes it run once more, and resolves with that. */
export function oneAtATime(task) {
  let running = null;
  let isWanted = false;
  return function run() {
    isWanted = true;
    running ??= (async () => {
      while (isWanted) {
        isWanted = false;
        await task();
      }
      running = null;
    })();
    return running;
  };
}
