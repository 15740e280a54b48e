// Renders the apps' icons and start windows from the drawings in AppScope: `npm run icons`.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { ROOT } from './root.mjs';

const LAYER_PX = 1024;
const START_WINDOW_PX = 288;

function render(svg, widthPx) {
  return new Resvg(svg, { fitTo: { mode: 'width', value: widthPx } }).render().asPng();
}

function drawing(name) {
  return readFile(path.join(ROOT, 'AppScope/drawings', `${name}.svg`), 'utf8');
}

/** The start window shows both layers, clipped to a rounded square. */
function startIcon(background, foreground) {
  const inner = (svg) => svg.replace(/<\/?svg[^>]*>/g, '');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1024 1024">
    <clipPath id="tile"><rect width="1024" height="1024" rx="230"/></clipPath>
    <g clip-path="url(#tile)">${inner(background)}${inner(foreground)}</g></svg>`;
}

async function writeIcons(app) {
  const background = await drawing(`${app}_icon_background`);
  const foreground = await drawing(`${app}_icon_foreground`);
  const layers = path.join(ROOT, 'AppScope/resources/base/media');
  const start = path.join(ROOT, 'entry/src', app, 'resources/base/media');
  await mkdir(start, { recursive: true });
  await writeFile(path.join(layers, `${app}_icon_background.png`), render(background, LAYER_PX));
  await writeFile(path.join(layers, `${app}_icon_foreground.png`), render(foreground, LAYER_PX));
  await writeFile(path.join(start, 'start_icon.png'), render(startIcon(background, foreground), START_WINDOW_PX));
}

await initWasm(await readFile(createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm')));
await Promise.all(['server', 'client'].map(writeIcons));
