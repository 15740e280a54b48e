import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { nextTick } from '@vue/runtime-core';
import { vueComponentOf } from '../../../app/custom-component.mjs';
import { HostTree } from '../../../app/host-tree.mjs';
import { rendererOf } from '../../../app/renderer.mjs';
import { vocabulary } from '../../../arkts/plugin.mjs';
import { stripTypes } from '../../../arkts/strip-types.mjs';
import { transformArkts } from '../../../arkts/transform.mjs';
import { ROOT } from '../../../root.mjs';

function runtime(name) {
  return pathToFileURL(path.join(ROOT, 'preview/app', `${name}.mjs`)).href;
}

/** Returns the struct with @Entry of an `.ets` source without enums. */
async function entryOf(text) {
  const folder = mkdtempSync(path.join(tmpdir(), 'draw-'));
  const file = path.join(folder, 'page.mjs');
  const { code } = stripTypes(transformArkts(text, 'Page.ets', vocabulary).code, 'Page.ets');
  writeFileSync(file, code.replace("'arkui:ui'", `'${runtime('ui')}'`).replace("'arkui:globals'", `'${runtime('globals')}'`));
  try {
    return (await import(pathToFileURL(file).href)).__entry;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function allBelow(node) {
  return node.children.flatMap((child) => [child, ...allBelow(child)]);
}

/** A drawn page, without a screen. */
class Drawn {
  #tree = new HostTree(() => {});
  #faults = [];

  constructor(Struct) {
    const app = rendererOf(this.#tree).createApp(vueComponentOf(Struct), { onMade: (struct) => (this.struct = struct) });
    app.config.warnHandler = () => {};
    // An error inside Vue's update would affect the next test.
    app.config.errorHandler = (error) => this.#faults.push(error);
    app.mount(this.#tree.root);
    this.#throwFault();
  }

  #throwFault() {
    const [fault] = this.#faults.splice(0);
    if (fault) {
      throw fault;
    }
  }

  /** Waits until all changes are drawn. */
  async #drawn() {
    await nextTick();
    this.#throwFault();
  }

  nodes(kind) {
    return allBelow(this.#tree.root).filter((node) => node.kind === kind);
  }

  /** Texts of the components with text, in order. */
  get texts() {
    return allBelow(this.#tree.root).map(({ properties }) => properties.text).filter((text) => text !== undefined);
  }

  /** Sends a screen event to a component, and waits until it is drawn. */
  async tell(node, event, ...values) {
    await this.tellTogether(node, [[event, ...values]]);
  }

  /** As `tell`, with several events in one turn of the app; resolves with the operations for the screen. */
  async tellTogether(node, events) {
    this.#tree.take();
    for (const [event, ...values] of events) {
      this.#tree.perform(node, event, ...values);
    }
    await this.#drawn();
    return this.#tree.take();
  }

  /** Changes the page's struct, and waits until it is drawn. */
  async change(work) {
    work(this.struct);
    await this.#drawn();
  }
}

/** Draws an `.ets` page. */
export async function draw(text) {
  return new Drawn(await entryOf(text));
}
