/**
 * Returns a line for each letter on a screen without a glyph in its fonts, which is drawn as a replacement symbol. Runs inside the page.
 */
export function missingGlyphs() {
  // In a private use area: none of our fonts has it.
  const WITHOUT_GLYPH = '\uE123';
  const SIZE_PX = 32;
  const canvas = new OffscreenCanvas(2 * SIZE_PX, 2 * SIZE_PX);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.direction = 'ltr';
  context.font = `${SIZE_PX}px ${getComputedStyle(document.body).fontFamily}`;
  const drawingOf = (letter) => {
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.fillText(letter, 0, SIZE_PX);
    return context.getImageData(0, 0, canvas.width, canvas.height).data.join();
  };

  const fields = [...document.querySelectorAll('input, textarea')];
  const texts = [document.body.innerText, ...fields.map((field) => field.value || field.placeholder)];
  const segments = new Intl.Segmenter().segment(texts.join(' '));
  const letters = new Set([...segments].map(({ segment }) => segment).filter((letter) => letter.trim()));
  const missing = drawingOf(WITHOUT_GLYPH);
  return [...letters].filter((letter) => drawingOf(letter) === missing).map((letter) => `there is no glyph for ${letter}`);
}
