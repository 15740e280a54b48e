// The Worker of examples/worker, with the page's side of its messages played here.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { stripTypes } from '../../preview/arkts/strip-types.mjs';
import { behaviour } from '../support/behaviour.mjs';
import { watched } from '../support/example.mjs';
import { Queue } from '../support/queue.mjs';
import { roundTrips } from '../support/sockets.mjs';

const WORKER = new URL('../../examples/worker/entry/src/main/ets/workers/SocketWorker.ets', import.meta.url);
const code = stripTypes(readFileSync(WORKER, 'utf8'), 'SocketWorker.ets').code.replaceAll(/^import .*$/gm, '');

const util = { TextDecoder: { create: (encoding) => ({ decodeToString: (bytes) => new TextDecoder(encoding).decode(bytes) }) } };

/** Runs the Worker in this thread: what it reports, and what posts a command to it. */
function startWorker(t) {
  const reports = new Queue();
  const page = { postMessage: (report) => reports.push(structuredClone(report)) };
  new Function('socket', 'util', 'worker', code)(watched(t), util, { workerPort: page });
  return { reports, post: (command) => page.onmessage({ data: structuredClone(command) }) };
}

async function nextText(reports) {
  const report = await reports.next('a report');
  assert.equal(report.type, 'text', report.text);
  return report.text;
}

behaviour('the Worker of the example echoes texts in order, and reports when it has stopped', async (t) => {
  const { reports, post } = startWorker(t);
  post({ type: 'start' });
  for (const text of ['one', 'two', 'three']) post({ type: 'send', text });
  for (const text of ['one', 'two', 'three']) assert.equal(await nextText(reports), text);
  post({ type: 'stop' });
  assert.equal((await reports.next('the end')).type, 'stopped');
});

behaviour('the Worker of the example pauses while its page has not shown 64 texts', async (t) => {
  const { reports, post } = startWorker(t);
  post({ type: 'start' });
  for (let index = 0; index < 100; index += 1) post({ type: 'send', text: `${index}` });
  for (let index = 0; index < 64; index += 1) assert.equal(await nextText(reports), `${index}`);
  await roundTrips(t);
  assert.equal(reports.length, 0, 'texts after the 64th');
  for (let index = 64; index < 100; index += 1) {
    post({ type: 'shown' });
    assert.equal(await nextText(reports), `${index}`);
  }
});

behaviour('a stop of the Worker of the example that was not started reports the failed close, and stops', async (t) => {
  const { reports, post } = startWorker(t);
  post({ type: 'stop' });
  assert.match((await reports.next('the failed close')).text, /^2300999 /);
  assert.equal((await reports.next('the end')).type, 'stopped');
});
