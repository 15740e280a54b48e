import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectKit } from './support/kit-peer.mjs';
import { withPreview } from './support/preview.mjs';
import { Settings } from './support/settings.mjs';
import { row, say } from './support/talk.mjs';

const KEPT = 10_000;
const FORGOTTEN = 5;
const DRAWN_MAX = 90;
const NEWEST = 'Show the newest message';

/** Records the maximum number of drawn rows from now on. */
function watchRows(list) {
  return list.evaluate((element) => {
    const count = () => {
      element.drawnMax = Math.max(element.drawnMax ?? 0, element.querySelectorAll('[role=listitem]').length);
    };
    new MutationObserver(count).observe(element, { childList: true, subtree: true });
  });
}

async function scrollByHand(phone, list, distance) {
  await list.hover();
  await phone.page.mouse.wheel(0, distance);
}

/** Counts the appearances of a button from now on. */
function watchButton(phone, name) {
  return phone.screen.locator('#root').evaluate((root, label) => {
    root.comings = 0;
    const isButton = (node) => node.ariaLabel === label || node.querySelector?.(`[aria-label="${label}"]`);
    const count = (changes) => {
      root.comings += changes.flatMap(({ addedNodes }) => [...addedNodes]).filter(isButton).length;
    };
    new MutationObserver(count).observe(root, { childList: true, subtree: true });
  }, name);
}

test(
  'a conversation that is thrown to its end follows from then on, also while it swings back',
  withPreview(async ({ server }) => {
    await Settings.change(server, { framing: true });
    await server.touch('Initialize');
    await server.shows('Listening');
    const peer = await connectKit();
    await Promise.all(Array.from({ length: 60 }, (_, index) => peer.send({ data: `message ${index}` })));
    await server.showsWhole('message 59');
    const list = server.screen.getByRole('list');
    await scrollByHand(server, list, -20_000);
    await server.button(NEWEST).waitFor();
    await watchButton(server, NEWEST);
    await scrollByHand(server, list, 20_000);
    await server.button(NEWEST).waitFor({ state: 'detached' });
    await peer.send({ data: 'the last one' });
    await server.showsWhole('the last one');
    assert.equal(await server.screen.locator('#root').evaluate(({ comings }) => comings), 0);
  })
);

test(
  'of 10,000 messages what can be seen is drawn, the newest is in view until the reader scrolls up, and the oldest goes',
  withPreview(async ({ server }) => {
    await Settings.change(server, { framing: true });
    await server.touch('Initialize');
    await server.shows('Listening');
    const list = server.screen.getByRole('list');
    await watchRows(list);
    const peer = await connectKit();
    const numbers = Array.from({ length: FORGOTTEN + KEPT }, (_, index) => index);
    await Promise.all(numbers.map((number) => peer.send({ data: `message ${number}` })));
    await server.showsWhole(`message ${numbers.at(-1)}`);
    await server.button(NEWEST).waitFor({ state: 'detached' });

    await scrollByHand(server, list, -20_000);
    await server.button(NEWEST).waitFor();
    await peer.send({ data: 'while reading' });
    await peer.close();
    await server.shows('127.0.0.1:1234, connected clients: 0');
    assert.equal(await row(server, 'while reading').count(), 0);
    await server.touch(NEWEST);
    await server.showsWhole('while reading');
    await server.button(NEWEST).waitFor({ state: 'detached' });

    await list.evaluate((element) => element.scrollTo(0, 0));
    await server.showsWhole(`message ${FORGOTTEN + 1}`);
    assert.equal(await row(server, `message ${FORGOTTEN}`).count(), 0);
    assert.ok((await list.evaluate(({ drawnMax }) => drawnMax)) < DRAWN_MAX);
    await scrollByHand(server, list, 10_000_000);
    await server.showsWhole('while reading');
    await server.button(NEWEST).waitFor({ state: 'detached' });
    // Higher than the message that is dropped for it.
    const tall = 'at the end again '.repeat(12).trim();
    await say(server, tall);
    await server.showsWhole(tall);
  })
);
