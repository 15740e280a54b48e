// Network namespaces for tests, if the machine allows `unshare`, `ip` and `mount`.
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { behaviour, notTested } from './behaviour.mjs';
import { startProgram } from './child.mjs';

const LOOPBACK_UP = 'ip link set lo up';

/** Returns the path of a file in `children`. */
export const childPath = (name) => fileURLToPath(new URL(`../children/${name}`, import.meta.url));

/** Returns a command that runs in a network namespace, after its set-up. */
const inNetwork = (setUp, ...command) => [
  'unshare', '--user', '--map-root-user', '--net', '--mount', 'sh', '-c', `${[LOOPBACK_UP, ...setUp].join(' && ')} && exec "$@"`, 'sh', ...command,
];

/** Starts the script `name` of `children` in a network namespace. */
export function startInNetwork(t, setUp, name, ...scriptArguments) {
  return startProgram(t, inNetwork(setUp, process.execPath, childPath(name), ...scriptArguments));
}

/** Returns `behaviour` if a namespace with this set-up is possible; otherwise a function that skips tests with the reason. */
export function behaviourIn(setUp) {
  const [program, ...list] = inNetwork(setUp, 'true');
  const { error, status, stderr } = spawnSync(program, list, { encoding: 'utf8' });
  if (!error && status === 0) return behaviour;
  return (sentence) => notTested(sentence, `this machine gives no network of one's own: ${error ?? stderr.trim()}`);
}
