import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { color } from '../../app/colors.mjs';
import { configuration } from '../../app/configuration.mjs';
import { createAbilityContext } from '../../app/context.mjs';
import { enums } from '../../app/enums.mjs';
import { kitEnums } from '../../app/kit-enums.mjs';
import { bundleManager } from '../../app/kits/AbilityKit.mjs';
import { pasteboard } from '../../app/kits/BasicServicesKit.mjs';
import { hidebug } from '../../app/kits/PerformanceAnalysisKit.mjs';
import { $r, resolve, useResources } from '../../app/resources.mjs';
import { strict } from '../../app/unknown.mjs';
import { fontLength, length } from '../../app/units.mjs';

useResources({
  bundleName: 'test',
  ids: { 'app.string.greeting': 1 },
  values: {
    base: { 'string.greeting': 'Hello %s', 'color.text': '#FF000000', 'color.link': '$color:text', 'float.gap': '8vp' },
    zh_CN: { 'string.greeting': '你好 %s' },
    dark: { 'color.text': '#FFFFFFFF' }
  },
  rawFiles: { 'texts/this': fileURLToPath(import.meta.url) }
});
afterEach(() => Object.assign(configuration, { language: 'en-US', dark: false, fontScale: 1, density: 3 }));

const LENGTHS = [
  [16, '16px'],
  ['16vp', '16px'],
  ['16', '16px'],
  ['30px', '10px'],
  ['50%', '50%'],
  [$r('app.float.gap'), '8px'],
  ['auto', 'auto'],
  ['calc(100% - 8vp)', 'calc(100% - 8px)']
];
for (const [value, expected] of LENGTHS) {
  test(`length: ${JSON.stringify(value)}`, () => assert.equal(length(value), expected));
}

test('length: fp follows the font scale, and other units do not', () => {
  configuration.fontScale = 2;
  assert.deepEqual([fontLength(16), length('16fp'), length(16)], ['32px', '32px', '16px']);
});

test('length: an invalid length throws', () => {
  assert.throws(() => length('16em'), /does not know the length "16em"/);
});

const COLORS = [
  ['#0A59F7', '#0A59F7'],
  ['#800A59F7', '#0A59F780'],
  [0x0a59f7, '#0a59f7'],
  [0x800a59f7, '#0a59f780'],
  [enums.Color.Red, 'red'],
  ['rgb(1, 2, 3)', 'rgb(1, 2, 3)'],
  [$r('app.color.link'), '#000000FF']
];
for (const [value, expected] of COLORS) {
  test(`color: ${JSON.stringify(value)}`, () => assert.equal(color(value), expected));
}

test('color: an invalid colour throws', () => {
  assert.throws(() => color('#12345'), /does not know the colour "#12345"/);
});

test('resources follow language and theme', () => {
  const greeting = $r('app.string.greeting', 'you');
  assert.equal(resolve(greeting), 'Hello you');
  configuration.language = 'zh-CN';
  assert.equal(resolve(greeting), '你好 you');
  configuration.dark = true;
  assert.equal(color($r('app.color.link')), '#FFFFFFFF');
  assert.throws(() => resolve($r('app.string.none')), /does not know the resource app\.string\.none/);
  assert.throws(() => resolve($r('sys.color.none')), /does not know the resource sys\.color\.none/);
});

test('enums have the values of the declarations', () => {
  assert.equal(enums.Edge.Bottom, 2);
  assert.equal(enums.EnterKeyType.Send, 4);
  assert.equal(enums.ColoringStrategy.INVERT, 'invert');
  // `TagType.BYTES | 0x01`, where BYTES is `0x03 << 28`.
  assert.equal(kitEnums.asset.Tag.SECRET, (3 << 28) | 1);
});

test('an unknown member of a kit throws, whether it is read or written', () => {
  const kit = strict('kit', { known: 1 });
  assert.equal(kit.known, 1);
  assert.throws(() => kit.unknown, /does not know kit\.unknown/);
  assert.throws(() => {
    kit.unknown = 1;
  }, /does not know kit\.unknown/);
});

test('a raw file is read by its path, and a missing one throws as on a phone', async () => {
  const { resourceManager } = createAbilityContext();
  const text = new TextDecoder().decode(await resourceManager.getRawFileContent('texts/this'));
  assert.match(text, /^import assert/);
  await assert.rejects(resourceManager.getRawFileContent('this'), { code: 9001005 });
});

test('unknown bundle information throws', () => {
  const { GET_BUNDLE_INFO_DEFAULT, GET_BUNDLE_INFO_WITH_ABILITY } = bundleManager.BundleFlag;
  assert.throws(() => bundleManager.getBundleInfoForSelfSync(GET_BUNDLE_INFO_WITH_ABILITY), /does not know/);
  assert.throws(() => bundleManager.getBundleInfoForSelfSync(GET_BUNDLE_INFO_DEFAULT).vendor, /does not know/);
  const [thread] = hidebug.getAppThreadCpuUsage();
  assert.equal(thread.threadId, process.pid);
  assert.throws(() => thread.cpuUsage, /does not know ThreadCpuUsage\.cpuUsage/);
});

test('the pasteboard cannot be read without a tap on the paste button', async () => {
  const board = pasteboard.getSystemPasteboard();
  await assert.rejects(board.getData(), { code: 201 });
  assert.throws(() => board.getDataSync(), { code: 201 });
});
