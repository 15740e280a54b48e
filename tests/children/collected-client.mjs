// Connects an unreferenced client to a server that never answers, while garbage is collected.
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { library } from '../support/library.mjs';
import { say } from '../support/parent.mjs';

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc');

function connect(port) {
  const options = { address: { address: '127.0.0.1', port }, timeout: 1_000 };
  return library.constructTCPSocketInstance().connect(options);
}

const failed = connect(Number(process.argv[2])).then(() => 0, ({ code }) => code);
for (let round = 0; round < 5; round += 1) {
  collectGarbage();
  await new Promise(setImmediate);
}
say('failed', { code: await failed });
