// Runs the tests of src/ohosTest on a running system: `node .ci/openharmony/hypium.mjs TARGET`.
import { Guest } from './guest.mjs';

/** docs/testing.md has the same command for a phone. */
const COMMAND = 'aa test -b org.socketkit.server -m entry_test -s unittest OpenHarmonyTestRunner -s timeout 15000';

const LIMIT_MS = 30 * 60_000;

const RESULT = /Tests run: (\d+), Failure: (\d+), Error: (\d+), Pass: (\d+), Ignore: (\d+)/;

const [, , target] = process.argv;
const report = new Guest({ target }).shell(COMMAND, LIMIT_MS);
console.log(report);
const [, run, failed, broken, passed] = (RESULT.exec(report) ?? []).map(Number);
console.log(`${run ?? 0} tests, ${passed ?? 0} passed`);
process.exitCode = run > 0 && passed === run && failed === 0 && broken === 0 ? 0 : 1;
