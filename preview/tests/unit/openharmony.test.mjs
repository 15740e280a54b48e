// Tests what CI does with an OpenHarmony system, with a stand-in for hdc.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { openProfile, openTargets } from '../../../.ci/openharmony/profile.mjs';
import { readJson5 } from '../../checks/json5.mjs';
import { ROOT } from '../../root.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'hdc-'));
after(() => rmSync(folder, { recursive: true }));
symlinkSync(path.join(ROOT, 'preview/tests/unit/support/hdc.mjs'), path.join(folder, 'hdc'));

const STATE = path.join(folder, 'state.json');
const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, HDC_STATE: STATE };
let state;

function newApp() {
  return { isOpen: false, typed: '', received: [] };
}

beforeEach(() => {
  state = { lockedFor: 0, apps: { 'org.socketkit.server': newApp(), 'org.socketkit.client': newApp() }, commands: [], installed: [], report: '' };
});

function run(script, words = [], limitMs = 30_000) {
  writeFileSync(STATE, JSON.stringify(state));
  const file = path.join(ROOT, '.ci/openharmony', script);
  const options = { env: { ...env, STEP_LIMIT_MS: `${limitMs}` }, encoding: 'utf8' };
  const node = spawnSync(process.execPath, [file, '127.0.0.1:5558', ...words], options);
  state = JSON.parse(readFileSync(STATE, 'utf8'));
  return node;
}

test('the six steps happen, also where the screen is locked at first, and leave six pictures', () => {
  state.lockedFor = 2;
  const pictures = path.join(folder, 'pictures');
  const { status, stdout, stderr } = run('six-steps.mjs', [pictures]);
  assert.equal(status, 0, stderr);
  assert.equal(stdout, [1, 2, 3, 4, 5, 6].map((step) => `step ${step} happened\n`).join(''));
  assert.deepEqual(state.apps['org.socketkit.client'].received, ['456789']);
  assert.ok([1, 2, 3, 4, 5, 6].every((step) => existsSync(path.join(pictures, `step-${step}.jpeg`))));
});

test('a text that does not appear fails its step, with the page and a picture', () => {
  state.apps['org.socketkit.server'].isOpen = true;
  const pictures = path.join(folder, 'failed');
  const { status, stderr } = run('six-steps.mjs', [pictures], 1_500);
  assert.notEqual(status, 0);
  assert.match(stderr, /Initialize or .* not on the screen within 1500 ms; there is \["Listening","Send"\]/);
  assert.ok(existsSync(path.join(pictures, 'step-1.jpeg')));
});

test('a package that the system refuses fails the installation', () => {
  const good = run('install.mjs', ['server.hap', 'client.hap']);
  assert.equal(good.status, 0, good.stderr);
  assert.deepEqual(state.installed, ['server.hap', 'client.hap']);
  const bad = run('install.mjs', ['unsigned.hap']);
  assert.notEqual(bad.status, 0);
  assert.match(bad.stderr, /cannot install unsigned\.hap: .*no signature file/);
});

const RESULT = 'OHOS_REPORT_RESULT: stream=Tests run:';

for (const [report, isGood] of [
  [`${RESULT} 3, Failure: 0, Error: 0, Pass: 3, Ignore: 0`, true],
  [`${RESULT} 3, Failure: 1, Error: 0, Pass: 2, Ignore: 0`, false],
  [`${RESULT} 3, Failure: 0, Error: 0, Pass: 2, Ignore: 1`, false],
  [`${RESULT} 0, Failure: 0, Error: 0, Pass: 0, Ignore: 0`, false],
  ['error: cannot start the test', false]
]) {
  test(`the tests of a system ${isGood ? 'pass' : 'fail'} that says "${report}"`, () => {
    state.report = report;
    assert.equal(run('hypium.mjs').status === 0, isGood);
    assert.match(state.commands[0], /^aa test -b org\.socketkit\.server -m entry_test /);
  });
}

test('the project is converted to OpenHarmony without losing anything', () => {
  const profile = readJson5(path.join(ROOT, 'build-profile.json5'));
  const open = openProfile(profile, 23);
  assert.deepEqual(open.app.products.map(({ name, bundleName }) => [name, bundleName]), profile.app.products.map(({ name, bundleName }) => [name, bundleName]));
  assert.ok(open.app.products.every((product) => product.runtimeOS === 'OpenHarmony' && product.compileSdkVersion === 23 && product.compatibleSdkVersion === 17 && !('targetSdkVersion' in product)));
  const targets = readJson5(path.join(ROOT, 'entry/build-profile.json5'));
  assert.ok(openTargets(targets).targets.every(({ runtimeOS }) => runtimeOS === 'OpenHarmony'));
});

const PACKAGE = 'openharmony-qemu-x86_64-x86_64_virt';

/** Creates a package with the layout of the real one, whose system runs until it is ended. */
function makePackage(processor) {
  const script = [
    'set -e',
    `mkdir -p "$0/${PACKAGE}/launch" "$0/${PACKAGE}/images"`,
    `printf '#!/bin/sh\\n: \\\\\\n -cpu ${processor} \\\\\\n\\necho "$OHOS_IMG $QEMU_HDC_HOST_PORT" > "$0.ran"\\nexec sleep 60\\n' > "$0/${PACKAGE}/launch/qemu_run.sh"`,
    `cd "$0/${PACKAGE}" && sha256sum launch/qemu_run.sh > SHA256SUMS && cd .. && tar czf ${PACKAGE}.tar.gz ${PACKAGE}`,
    `sha256sum ${PACKAGE}.tar.gz | cut -d ' ' -f 1`
  ].join('\n');
  const source = mkdtempSync(path.join(folder, 'source-'));
  const { stdout, stderr } = spawnSync('sh', ['-c', script, source], { encoding: 'utf8' });
  assert.match(stdout, /^[0-9a-f]{64}\n$/, stderr);
  return { source, sha256: stdout.trim() };
}

/** Starts such a system; `answer` is the output of hdc. */
function start({ source, sha256 }, answer) {
  const guest = mkdtempSync(path.join(folder, 'guest-'));
  const programs = mkdtempSync(path.join(folder, 'programs-'));
  writeFileSync(path.join(programs, 'hdc'), `#!/bin/sh\ncase "$*" in *targets) ${answer} ;; *account*) echo true ;; esac\n`, { mode: 0o755 });
  const variables = { PATH: `${programs}:${process.env.PATH}`, OHOS_QEMU_SOURCE: `file://${source}`, OHOS_QEMU_SHA256: sha256, OHOS_QEMU_ATTEMPTS: '2', OHOS_QEMU_INTERVAL_S: '0' };
  const ran = spawnSync(path.join(ROOT, '.ci/openharmony/start'), [guest, '127.0.0.1:5558'], { env: { ...process.env, ...variables }, encoding: 'utf8' });
  const pid = path.join(guest, 'guest.pid');
  if (existsSync(pid)) {
    process.kill(Number(readFileSync(pid, 'utf8')));
  }
  return { ...ran, guest };
}

test('a system with another processor is started, and ready when its user is', () => {
  const { status, stdout, stderr, guest } = start(makePackage('max'), "printf '127.0.0.1:5558\\r\\n'");
  assert.equal(status, 0, stderr);
  assert.match(stdout, /the guest is ready/);
  assert.match(readFileSync(path.join(guest, 'launch.sh'), 'utf8'), /-cpu Haswell-v2 \\/);
});

test('a system that does not answer fails', () => {
  const { status, stderr } = start(makePackage('max'), 'echo [Empty]');
  assert.notEqual(status, 0);
  assert.match(stderr, /the guest did not become ready/);
});

test('a download with another checksum is not started', () => {
  const { status, guest } = start({ ...makePackage('max'), sha256: '0'.repeat(64) }, 'echo');
  assert.notEqual(status, 0);
  assert.ok(!existsSync(path.join(guest, 'launch.sh')));
});

test('a package whose launcher has changed is not started', () => {
  const { status, stderr } = start(makePackage('other'), 'echo');
  assert.notEqual(status, 0);
  assert.match(stderr, /does not name its processor as expected/);
});

test('both apps and their tests are built for the guest and signed, each for its own bundle', () => {
  const programs = mkdtempSync(path.join(folder, 'tools-'));
  const said = path.join(programs, 'said');
  ['hvigorw', 'hap-sign'].forEach((name) => writeFileSync(path.join(programs, name), `#!/bin/sh\necho ${name} "$@" >> ${said}\n`, { mode: 0o755 }));
  const build = spawnSync(path.join(ROOT, '.ci/openharmony/build'), [path.join(folder, 'haps')], { env: { ...process.env, PATH: `${programs}:${process.env.PATH}` }, encoding: 'utf8' });
  assert.equal(build.status, 0, build.stderr);
  const lines = readFileSync(said, 'utf8').trim().split('\n');
  const built = lines.filter((line) => line.startsWith('hvigorw')).map((line) => /product=(\S+) -p module=(\S+)/.exec(line).slice(1));
  assert.deepEqual(built, [['server', 'entry@server'], ['client', 'entry@client'], ['server', 'entry@ohosTest']]);
  const signed = lines.filter((line) => line.startsWith('hap-sign')).map((line) => /--bundle-name (\S+) --output \S+\/(\S+)$/.exec(line).slice(1));
  const bundles = ['server', 'client', 'server'].map((app) => `org.socketkit.${app}`);
  assert.deepEqual(signed, bundles.map((bundle, index) => [bundle, ['server.hap', 'client.hap', 'tests.hap'][index]]));
});
