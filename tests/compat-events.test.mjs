import assert from 'node:assert/strict';
import { Diary } from './compat/diary.mjs';
import { EVENT_ROWS, stageOf } from './compat/events.mjs';
import { behaviour } from './support/behaviour.mjs';
import { closedPort, rawServer } from './support/raw.mjs';
import { roundTrips } from './support/sockets.mjs';

const entriesIn = (text) => (text === 'nothing' ? 0 : text.split('; ').length);

for (const { kind, what, run, here } of EVENT_ROWS) {
  behaviour(`compatible events: of a ${kind}, ${what}: ${here}`, async (t) => {
    const diary = new Diary();
    const ports = { open: (await rawServer(t)).port, refusing: await closedPort() };
    await run(await stageOf(t, kind, diary, ports));
    await diary.has(entriesIn(here));
    await roundTrips(t, 3);
    assert.equal(diary.text, here);
  });
}
