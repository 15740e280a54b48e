// The six steps of the demo with both apps on a running system, and a picture of each:
// `node .ci/openharmony/six-steps.mjs TARGET FOLDER`.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Guest } from './guest.mjs';
import { textsOf } from './texts.mjs';

const SERVER = 'org.socketkit.server';
const CLIENT = 'org.socketkit.client';

function listen(guest) {
  guest.open(SERVER);
  guest.touch(textsOf('initialize'));
  guest.shows(textsOf('server_listening'));
}

function connect(guest) {
  guest.open(CLIENT);
  guest.touch(textsOf('connect'));
  guest.shows(textsOf('client_connected'));
}

function send(text) {
  return (guest) => {
    guest.type(text);
    guest.touch(textsOf('send'));
  };
}

function receive(bundle, text) {
  return (guest) => {
    guest.open(bundle);
    guest.shows([text]);
  };
}

const STEPS = [listen, connect, send('123456'), receive(SERVER, '123456'), send('456789'), receive(CLIENT, '456789')];

const [, , target, folder] = process.argv;
const limitMs = process.env.STEP_LIMIT_MS && Number(process.env.STEP_LIMIT_MS);
const guest = new Guest({ target, ...(limitMs ? { limitMs } : {}) });
mkdirSync(folder, { recursive: true });
for (const [index, step] of STEPS.entries()) {
  try {
    step(guest);
  } finally {
    guest.picture(path.join(folder, `step-${index + 1}.jpeg`));
  }
  console.log(`step ${index + 1} happened`);
}
