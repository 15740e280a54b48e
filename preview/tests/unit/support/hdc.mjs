#!/usr/bin/env node
// Stand-in for hdc with a system on which both apps are installed: the file `HDC_STATE` records what happens there.
import { readFileSync, writeFileSync } from 'node:fs';

const STATE = process.env.HDC_STATE;
const state = JSON.parse(readFileSync(STATE, 'utf8'));
const words = process.argv.slice(2);
if (words[0] === '-t') {
  words.splice(0, 2);
}

/** A column of nodes, 100 pixels each: a position identifies the touched node. */
function nodes() {
  const app = state.apps[state.front];
  if (!app) {
    return [];
  }
  const field = { type: 'TextArea', text: app.typed };
  const button = (text) => ({ type: 'Button', text });
  const shown = state.front === 'org.socketkit.server' ? ['Initialize', 'Listening'] : ['Connect to server', 'Connected'];
  const done = app.isOpen ? [{ type: 'Text', text: shown[1] }, field, button('Send')] : [button(shown[0])];
  return [...done, ...app.received.map((text) => ({ type: 'Text', text }))];
}

function peerOf(name) {
  return Object.keys(state.apps).find((other) => other !== name);
}

function touch(y) {
  const { text } = nodes()[Math.floor(y / 100)] ?? {};
  const app = state.apps[state.front];
  if (text === 'Initialize' || (text === 'Connect to server' && state.apps[peerOf(state.front)].isOpen)) {
    app.isOpen = true;
  } else if (text === 'Send' && app.typed) {
    state.apps[peerOf(state.front)].received.push(app.typed);
    app.typed = '';
  }
}

function type(y, text) {
  if (nodes()[Math.floor(y / 100)]?.type === 'TextArea') {
    state.apps[state.front].typed = text;
  }
}

function shell(command) {
  const [program, ...rest] = command.split(' ');
  state.commands.push(command);
  if (program === 'aa' && rest[0] === 'test') {
    return state.report;
  }
  if (program === 'aa') {
    state.lockedFor -= 1;
    if (state.lockedFor >= 0) {
      return 'error: failed to start ability. The screen is locked.';
    }
    state.front = rest.at(-1);
    return 'start ability successfully.';
  }
  if (command === 'uitest dumpLayout') {
    return 'DumpLayout saved to:/data/local/tmp/layout.json';
  }
  if (command.startsWith('uitest uiInput click')) {
    touch(Number(rest[3]));
  } else if (command.startsWith('uitest uiInput inputText')) {
    type(Number(rest[3]), rest[4].slice(1, -1));
  }
  return '';
}

function receive(remote, local) {
  const children = nodes().map((attributes, index) => {
    return { attributes: { ...attributes, bounds: `[0,${100 * index}][500,${100 * index + 100}]` }, children: [] };
  });
  writeFileSync(local, remote.endsWith('.json') ? JSON.stringify({ attributes: {}, children }) : 'picture');
}

/** hdc exits with status 0 in either case. */
function install(hap) {
  if (hap.startsWith('unsigned')) {
    return `[Info]App install path:${hap} msg:error: failed to install bundle. code:9568320 error: no signature file.`;
  }
  state.installed.push(hap);
  return `[Info]App install path:${hap} msg:install bundle successfully.`;
}

if (words[0] === 'shell') {
  console.log(shell(words[1]));
} else if (words[0] === 'install') {
  console.log(install(words.at(-1)));
} else if (words[0] === 'file') {
  receive(words[2], words[3]);
} else {
  throw new Error(`unknown: ${words.join(' ')}`);
}
writeFileSync(STATE, JSON.stringify(state));
