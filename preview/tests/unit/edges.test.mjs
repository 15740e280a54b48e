import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cornerLengths, cssName, edgeLengths } from '../../app/edges.mjs';
import { LengthMetrics } from '../../app/length-metrics.mjs';

const EIGHT = LengthMetrics.vp(8);

test('edges: left and right stay, start and end follow the direction of texts', () => {
  assert.deepEqual(edgeLengths({ left: 8, top: 4 }, 'padding'), [['left', '8px'], ['top', '4px']]);
  assert.deepEqual(edgeLengths({ start: EIGHT, top: EIGHT }, 'padding'), [['inlineStart', '8px'], ['top', '8px']]);
  assert.deepEqual(cornerLengths({ topStart: EIGHT, bottomEnd: EIGHT }, 'borderRadius'), [['startStart', '8px'], ['endEnd', '8px']]);
});

test('edges: start and end take LengthMetrics alone, and stand with no left or right', () => {
  assert.throws(() => edgeLengths({ start: 8 }, 'padding'), /padding without LengthMetrics/);
  assert.throws(() => edgeLengths({ start: EIGHT, top: 8 }, 'padding'), /padding without LengthMetrics/);
  assert.throws(() => edgeLengths({ start: EIGHT, left: EIGHT }, 'padding'), /padding\.left/);
  assert.throws(() => edgeLengths({ left: EIGHT }, 'padding'), /padding\.left/);
});

test('edges: names in CSS', () => {
  assert.equal(cssName('padding', 'inlineStart'), 'paddingInlineStart');
  assert.equal(cssName('border', 'startStart', 'Radius'), 'borderStartStartRadius');
});
