/**
 * Checks a screen visually and returns a line for each fault: text that is cut off, covered, outside of the screen or low in contrast; and
 * controls that are too small for a finger, covered, or without an accessible name. Runs inside the page.
 */
export function look() {
  const CONTRAST_MIN = 4.5;
  const TARGET_MIN_VP = 48;
  // Controls of the system, such as the buttons of a dialog.
  const SYSTEM_TARGET_MIN_VP = 40;
  const NEAR_PX = 1;
  const TEXTS = '.Text, button > span, input, textarea, .bar-titles, .sheet-bar h2, .dialog-title, .dialog-message, .dialog-button';
  const CONTROLS = 'button, input, textarea, select, .touchable';
  const faults = [];
  const layer = document.querySelector('#layer').lastElementChild;
  // A sheet or a dialog is above everything else.
  const top = layer?.matches('.shade') ? layer : document.querySelector('#root');
  const window = (top === layer ? layer : document.querySelector('#window')).getBoundingClientRect();

  const textOf = (element) => element.value || element.placeholder || element.textContent.trim();
  const labelOf = (element) => element.ariaLabel || element.textContent.trim();
  const nameOf = (element) =>
    `${element.closest('[data-site]')?.dataset.site ?? element.className} "${(textOf(element) || labelOf(element)).replaceAll(/\s+/g, ' ').slice(0, 30)}"`;

  const boxOf = ({ left, top, right, bottom }) => ({ left, top, right, bottom });
  const common = (a, b) => ({
    left: Math.max(a.left, b.left),
    top: Math.max(a.top, b.top),
    right: Math.min(a.right, b.right),
    bottom: Math.min(a.bottom, b.bottom)
  });
  const isEmpty = ({ left, top, right, bottom }) => right - left <= NEAR_PX || bottom - top <= NEAR_PX;

  /** Returns the part of a box that scrolling ancestors show. */
  function seenOf(element, box) {
    const scroller = element.parentElement?.closest('.List, .Scroll, .sheet-body, .dialog');
    return scroller ? seenOf(scroller, common(box, boxOf(scroller.getBoundingClientRect()))) : box;
  }

  /** Returns the boxes of an element's own letters. */
  function lettersOf(element) {
    if (element.matches('input, textarea')) {
      return [boxOf(element.getBoundingClientRect())];
    }
    const range = document.createRange();
    range.selectNodeContents(element);
    return [...range.getClientRects()].map(boxOf);
  }

  function checkPlace(element) {
    for (const letters of lettersOf(element)) {
      const seen = seenOf(element, letters);
      if (seen.left < window.left - NEAR_PX || seen.right > window.right + NEAR_PX) {
        faults.push(`${nameOf(element)} is wider than the screen`);
      }
      if (!isEmpty(seen) && (seen.top < window.top - NEAR_PX || seen.bottom > window.bottom + NEAR_PX)) {
        faults.push(`${nameOf(element)} is out of the screen`);
      }
    }
  }

  function checkRoom(element) {
    const box = element.closest('button, .Text, .TextInput, .TextArea') ?? element;
    const frame = boxOf(box.getBoundingClientRect());
    // A line with an emoji is higher than its letters, and the space after its last word overhangs.
    const slack = Number.parseFloat(getComputedStyle(element).fontSize) * 0.4;
    const isOut = ({ left, top, right, bottom }) =>
      left < frame.left - slack ||
      right > frame.right + slack ||
      top < frame.top - slack ||
      bottom > frame.bottom + slack;
    if (lettersOf(element).some(isOut)) {
      faults.push(`${nameOf(element)} does not fit into its frame`);
    }
    if (element.matches('input') && measure(element) > element.clientWidth + NEAR_PX) {
      faults.push(`${nameOf(element)} is cut off`);
    }
  }

  function measure(input) {
    const context = document.createElement('canvas').getContext('2d');
    context.font = getComputedStyle(input).font;
    return context.measureText(textOf(input)).width;
  }

  /** Returns whether lines of a text, or the end of its last line, are cut off. */
  function isCut(element) {
    const slack = Number.parseFloat(getComputedStyle(element).fontSize) * 0.4;
    const { scrollHeight, clientHeight, scrollWidth, clientWidth } = element;
    return (
      element.matches('.label, .clamped, textarea') && (scrollHeight > clientHeight + slack || scrollWidth > clientWidth)
    );
  }

  function checkCovered(element, boxes) {
    for (const box of boxes) {
      const seen = common(seenOf(element, box), boxOf(window));
      // In scrolled text, the rest of one line may overlap the next.
      const isSeen = !isEmpty(seen) && seen.bottom - seen.top > (box.bottom - box.top) / 2;
      if (isSeen) {
        const front = document.elementFromPoint((seen.left + seen.right) / 2, (seen.top + seen.bottom) / 2);
        const isOwn = front && (element.contains(front) || front.contains(element));
        if (!isOwn) {
          faults.push(`${nameOf(element)} is covered by ${front?.closest('[data-site]')?.dataset.site}`);
        }
      }
    }
  }

  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const over = ([r, g, b, a = 1], below) => [r, g, b].map((each, index) => each * a + below[index] * (1 - a));

  function behind(element) {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
      layers.unshift(channels(getComputedStyle(each).backgroundColor));
    }
    return layers.reduce((below, layer) => over(layer, below), [255, 255, 255]);
  }

  function brightness(color) {
    const [r, g, b] = color.map((each) => {
      const share = each / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  function checkContrast(element) {
    const isPlaceholder = element.matches('input, textarea') && !element.value;
    const style = getComputedStyle(element, isPlaceholder ? '::placeholder' : null);
    const back = behind(element);
    const [dark, light] = [over(channels(style.color), back), back].map(brightness).sort((a, b) => a - b);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < CONTRAST_MIN) {
      faults.push(`${nameOf(element)} has a contrast of ${ratio.toFixed(1)} : 1`);
    }
  }

  function checkControl(element) {
    const touched = element.closest('.TextInput, .TextArea') ?? element;
    const { width, height } = touched.getBoundingClientRect();
    const least = element.closest('[data-site]:not(.Sheet)') ? TARGET_MIN_VP : SYSTEM_TARGET_MIN_VP;
    if (Math.min(width, height) < least) {
      faults.push(`${nameOf(element)} is ${width.toFixed()} x ${height.toFixed()} vp, too small for a finger`);
    }
    if (!labelOf(element)) {
      faults.push(`${nameOf(element)} has no text for who cannot see it`);
    }
    checkCovered(element, [boxOf(element.getBoundingClientRect())]);
  }

  const isShown = (element) => element.checkVisibility({ visibilityProperty: true });
  const isDisabled = (element) => element.closest(':disabled, .disabled') !== null;
  const shown = (selector) => [...top.querySelectorAll(selector)].filter(isShown);
  for (const element of shown(TEXTS).filter(textOf)) {
    if (isCut(element)) {
      faults.push(`${nameOf(element)} is cut off`);
    } else {
      checkPlace(element);
      checkRoom(element);
      checkCovered(element, lettersOf(element));
    }
    if (!isDisabled(element)) {
      checkContrast(element);
    }
  }
  shown(CONTROLS).filter((element) => !element.closest('[aria-hidden=true]')).forEach(checkControl);
  for (const element of [document.documentElement, ...shown('.Scroll, .List, .sheet-body')]) {
    if (element.scrollWidth > element.clientWidth + NEAR_PX) {
      faults.push(`${nameOf(element)} is wider than the screen`);
    }
  }
  return [...new Set(faults)];
}
