/**
 * The letters of a screen for which its fonts have no glyph, a line for each: those that are drawn as the sign for a
 * missing glyph. It runs inside the page.
 */
export function missingGlyphs() {
  // In a range that is left to everyone's own use: no font of ours has it.
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
