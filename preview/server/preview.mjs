import path from 'node:path';
import { Lines } from './lines.mjs';
import { Phone } from './phone.mjs';
import { openSite } from './site.mjs';

/**
 * Builds and starts both apps, and serves their screens: `{ phone, url }`. Environment: PREVIEW_FOLDER is the folder for builds,
 * PREVIEW_DATA that for stored data of the apps, SOCKETKIT_LIBRARY the native module; PREVIEW_PORT 0 selects a free port. `targets` are by
 * default those of the project.
 */
export async function startPreview(targets) {
  const { PREVIEW_FOLDER: folder, PREVIEW_DATA: dataFolder, SOCKETKIT_LIBRARY: library, PREVIEW_PORT } = process.env;
  const phone = new Phone({ folder, dataFolder, library, targets });
  const [site] = await Promise.all([
    openSite(phone, path.join(folder, 'site'), Number(PREVIEW_PORT)),
    ...Object.keys(phone.apps).map((name) => phone.install(name))
  ]);
  new Lines(site.http, site.access, phone, (message) => perform(phone, message));
  return { phone, url: site.url };
}

/** Builds both apps again, restarts them, and prints the time that it took. Build errors are printed by the phone. */
export async function rebuildPages(phone, print = console.log) {
  const startedMs = performance.now();
  await Promise.all(Object.keys(phone.apps).map((name) => phone.install(name)));
  const hasFaults = Object.keys(phone.faults).length > 0;
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  print(hasFaults ? 'pages not rebuilt: see the errors above' : `pages rebuilt in ${seconds} s`);
}

/** Commands of a desk. */
const COMMANDS = {
  start: (phone, { app }) => phone.start(app),
  reinstall: (phone, { app }) => phone.reinstall(app),
  kill: (phone, { app }) => phone.apps[app].kill(),
  close: (phone, { app }) => phone.apps[app].close(),
  background: (phone, { app }) => phone.apps[app].toBackground(),
  foreground: (phone, { app }) => phone.apps[app].toForeground(),
  expire: (phone, { app }) => phone.apps[app].expire(),
  back: (phone, { app }) => phone.apps[app].tell({ type: 'back' }),
  configure: (phone, { changes }) => phone.configure(changes),
  suspendPolicy: (phone, { policy }) => phone.setSuspendPolicy(policy)
};

function perform(phone, message) {
  COMMANDS[message.command](phone, message);
}

/** Ends the apps on SIGHUP, SIGINT and SIGTERM, or when the parent process exits. */
export function endWithProcess(phone) {
  const end = async () => {
    await phone.shutDown();
    process.exit();
  };
  // Vite's listener exits without waiting for the apps.
  process.removeAllListeners('SIGTERM');
  ['SIGHUP', 'SIGINT', 'SIGTERM', 'disconnect'].forEach((event) => process.on(event, end));
}
