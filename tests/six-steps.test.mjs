import assert from 'node:assert/strict';
import { runDemo } from './demo/demo.mjs';
import { behaviour } from './support/behaviour.mjs';
import { rawServer } from './support/raw.mjs';

behaviour('two processes run the six steps', async () => {
  const lines = [];
  const steps = [];
  const { server, client } = await runDemo({
    print: (line) => lines.push(line),
    afterStep: (step) => steps.push(step),
  });
  assert.deepEqual(steps, [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(server.record, { sent: ['123456'], received: ['456789'] });
  assert.deepEqual(client.record, { sent: ['456789'], received: ['123456'] });
  const actors = [server, client, server, client, client, server];
  const told = lines.filter((line) => line.startsWith('step '));
  assert.equal(told.length, actors.length);
  for (const [index, { pid }] of actors.entries()) {
    assert.ok(told[index].includes(`(pid ${pid})`), told[index]);
  }
});

const DEATHS = [['server', 3, 4], ['client', 1, 2], ['client', 4, 5], ['server', 6, 'close']];

for (const [name, last, next] of DEATHS) {
  behaviour(`the demo fails and names the step when its ${name} exits after step ${last}`, async () => {
    const demo = runDemo({
      afterStep: async (step, cast) => {
        if (step !== last) return;
        cast[name].child.kill();
        await cast[name].child.ended();
      },
    });
    const part = next === 'close' ? next : `step ${next}`;
    const message = new RegExp(`^Error: ${part} failed: process \\d+ was ended by SIGKILL`);
    await assert.rejects(demo, message);
  });
}

behaviour('the demo fails at step 1 when its port is in use', async (t) => {
  const { port } = await rawServer(t);
  await assert.rejects(runDemo({ port }), /^Error: step 1 failed: .*could not initialize.*in use/);
});
