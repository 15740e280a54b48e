import { h, reactive } from '@vue/runtime-core';
import { vueComponentOf } from './custom-component.mjs';
import { color } from './colors.mjs';
import { configuration } from './configuration.mjs';
import { rendererOf } from './renderer.mjs';
import { screen } from './screen.mjs';
import { checkOptions, strict } from './unknown.mjs';
import { uiContext } from './ui-context.mjs';

const AREAS = { 0: ['topRect', 38], 4: ['bottomRect', 28] };
const listeners = new Map();

/** Page in the window. */
const page = reactive({ Struct: undefined, struct: undefined });

/** Calls the listeners of a window event. */
export function emitWindowEvent(name, value) {
  listeners.get(name)?.forEach((listener) => listener(value));
}

/** Returns the page's struct, for `onPageShow` and similar callbacks. */
export function currentPage() {
  return page.struct;
}

function emptyRect() {
  return { left: 0, top: 0, width: 0, height: 0 };
}

function avoidArea(type) {
  const area = { visible: true, topRect: emptyRect(), bottomRect: emptyRect(), leftRect: emptyRect(), rightRect: emptyRect() };
  const [side, height] = AREAS[type] ?? [];
  if (side) {
    area[side] = { left: 0, top: 0, width: configuration.width * configuration.density, height: height * configuration.density };
  }
  return area;
}

const mainWindow = strict('Window', {
  getUIContext: () => uiContext,
  getWindowAvoidArea: avoidArea,
  getWindowProperties: () => {
    const { width, height, density } = configuration;
    return { windowRect: { left: 0, top: 0, width: width * density, height: height * density } };
  },
  setWindowLayoutFullScreen: async (full) => screen.call('fullScreen', full),
  setWindowBackgroundColor: (value) => screen.call('background', color(value)),
  setWindowSystemBarProperties: async (options) => {
    checkOptions(options, ['statusBarColor', 'statusBarContentColor', 'navigationBarColor'], 'setWindowSystemBarProperties');
  },
  setPreferredOrientation: async () => {},
  on: (name, listener) => listeners.set(name, [...(listeners.get(name) ?? []), listener]),
  off: (name, listener) => {
    const rest = (listeners.get(name) ?? []).filter((each) => listener && each !== listener);
    listeners.set(name, rest);
  }
});

function showPage(Struct, onFault) {
  page.Struct = Struct;
  const renderer = rendererOf(screen.tree);
  const Root = { render: () => h(vueComponentOf(page.Struct), { onMade: (struct) => { page.struct = struct; } }) };
  const app = renderer.createApp(Root);
  app.config.errorHandler = onFault;
  app.config.warnHandler = (message) => onFault(new Error(message));
  app.mount(screen.tree.root);
  page.struct.onPageShow?.();
  return app;
}

/** Creates the stage for an ability: `pages` finds a page's struct by name. */
export function createWindowStage(pages, onFault) {
  let app;
  const load = async (name) => {
    const Struct = await pages(name);
    app = showPage(Struct, onFault);
  };
  const stage = strict('WindowStage', {
    async loadContent(name, storageOrCallback, callback) {
      const done = typeof storageOrCallback === 'function' ? storageOrCallback : callback;
      await load(name);
      done?.({ code: 0 });
    },
    getMainWindow: async () => mainWindow,
    getMainWindowSync: () => mainWindow,
    on: () => {},
    off: () => {}
  });
  return { stage, close: () => app?.unmount() };
}
