// A running OpenHarmony system, driven through hdc.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const SHELL_LIMIT_MS = 60_000;

/** How long the system may take for one step. */
const STEP_LIMIT_MS = 90_000;

/** What uitest calls the fields that text is typed into. */
const FIELDS = ['TextInput', 'TextArea'];

const BOUNDS = /^\[(-?\d+),(-?\d+)\]\[(-?\d+),(-?\d+)\]$/;

/** All nodes of a layout, from the top. */
function nodesOf(node) {
  return [node, ...(node.children ?? []).flatMap(nodesOf)];
}

/** The middle of a node; undefined where it takes no place on the screen. */
function middleOf({ bounds }) {
  const [, left, top, right, bottom] = (BOUNDS.exec(bounds) ?? []).map(Number);
  return right > left && bottom > top ? { x: Math.round((left + right) / 2), y: Math.round((top + bottom) / 2) } : undefined;
}

export class Guest {
  #hdc;
  #target;
  #limitMs;

  /** `target` is what `hdc tconn` connects to. */
  constructor({ hdc = 'hdc', target, limitMs = STEP_LIMIT_MS }) {
    this.#hdc = hdc;
    this.#target = target;
    this.#limitMs = limitMs;
  }

  #run(words, limitMs = SHELL_LIMIT_MS) {
    return execFileSync(this.#hdc, ['-t', this.#target, ...words], { encoding: 'utf8', timeout: limitMs });
  }

  /** What a command of the system writes; hdc ends with status 0 whatever becomes of the command. */
  shell(command, limitMs) {
    return this.#run(['shell', command], limitMs);
  }

  receive(remote, local) {
    this.#run(['file', 'recv', remote, local]);
    this.shell(`rm -f ${remote}`);
  }

  install(hap) {
    const said = this.#run(['install', '-r', hap], 5 * SHELL_LIMIT_MS);
    if (!said.includes('successfully')) {
      throw new Error(`cannot install ${hap}: ${said.trim()}`);
    }
  }

  /** Brings an app to the front; the system refuses while its screen is off or locked, as it is for a while after boot. */
  open(bundle) {
    const end = Date.now() + this.#limitMs;
    let said = '';
    while (Date.now() < end) {
      this.shell('power-shell wakeup');
      said = this.shell(`aa start -a EntryAbility -b ${bundle}`);
      if (said.includes('successfully')) {
        return;
      }
    }
    throw new Error(`cannot start ${bundle} within ${this.#limitMs} ms: ${said.trim()}`);
  }

  /** What is on the screen. */
  #attributes() {
    const said = this.shell('uitest dumpLayout');
    const [, remote] = /saved to:\s*(\S+)/i.exec(said) ?? [];
    if (!remote) {
      throw new Error(`cannot read the layout: ${said.trim()}`);
    }
    const folder = mkdtempSync(path.join(tmpdir(), 'layout-'));
    try {
      this.receive(remote, path.join(folder, 'layout.json'));
      const layout = JSON.parse(readFileSync(path.join(folder, 'layout.json'), 'utf8'));
      return nodesOf(layout).map(({ attributes }) => attributes ?? {});
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** Looks at the screen until `fits` finds something to touch there; uitest tells of no changes. */
  #await(what, fits) {
    const end = Date.now() + this.#limitMs;
    let texts = [];
    while (Date.now() < end) {
      const nodes = this.#attributes();
      const place = nodes.filter(fits).map(middleOf).find((middle) => middle);
      if (place) {
        return place;
      }
      texts = nodes.map(({ text }) => text).filter((text) => text);
    }
    throw new Error(`${what} not on the screen within ${this.#limitMs} ms; there is ${JSON.stringify(texts)}`);
  }

  /** Waits for one of these texts: a text has one form in each language. */
  shows(texts) {
    return this.#await(texts.join(' or '), ({ text }) => texts.includes(text));
  }

  touch(texts) {
    const { x, y } = this.shows(texts);
    this.shell(`uitest uiInput click ${x} ${y}`);
  }

  /** Types into the one field of the page. */
  type(text) {
    const { x, y } = this.#await('a field for text', ({ type }) => FIELDS.includes(type));
    this.shell(`uitest uiInput inputText ${x} ${y} '${text}'`);
  }

  /** Keeps a picture of the screen. */
  picture(file) {
    const remote = `/data/local/tmp/${path.basename(file)}`;
    this.shell(`snapshot_display -f ${remote}`);
    this.receive(remote, file);
  }
}
