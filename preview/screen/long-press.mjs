export const LONG_PRESS_MS = 500;

/** Calls `onLongPress` when an element is pressed for `durationMs()`. */
export function watchLongPress(element, durationMs, onLongPress) {
  let timer;
  element.addEventListener('pointerdown', (event) => {
    timer = setTimeout(() => onLongPress(event), durationMs());
  });
  for (const end of ['pointerup', 'pointerleave', 'pointercancel']) {
    element.addEventListener(end, () => clearTimeout(timer));
  }
}
