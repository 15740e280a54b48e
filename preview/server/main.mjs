// Runs both apps and serves their screens: started by `cargo xtask preview`.
import path from 'node:path';
import { ROOT } from '../root.mjs';
import { openBrowser } from './browser.mjs';
import { Lines } from './lines.mjs';
import { Phone } from './phone.mjs';
import { openSite } from './site.mjs';
import { watchSources } from './sources.mjs';

const { SOCKETKIT_LIBRARY, PREVIEW_FOLDER, PREVIEW_PORT } = process.env;
const folder = PREVIEW_FOLDER ?? path.join(ROOT, 'target/preview');

const phone = new Phone(folder, SOCKETKIT_LIBRARY);
console.log('building the pages and their screens');
const [site] = await Promise.all([
  openSite(phone, path.join(folder, 'site'), Number(PREVIEW_PORT ?? 0)),
  ...Object.keys(phone.apps).map((name) => phone.install(name))
]);

const COMMANDS = {
  start: ({ app }) => phone.start(app),
  kill: ({ app }) => phone.apps[app].kill(),
  reinstall: ({ app }) => phone.reinstall(app),
  close: ({ app }) => phone.apps[app].close(),
  background: ({ app }) => phone.apps[app].toBackground(),
  foreground: ({ app }) => phone.apps[app].toForeground(),
  expire: ({ app }) => phone.apps[app].expire(),
  back: ({ app }) => phone.apps[app].tell({ type: 'back' }),
  configure: ({ changes }) => phone.configure(changes),
  suspendPolicy: ({ policy }) => phone.setSuspendPolicy(policy)
};
new Lines(site.http, site.door, phone, (message) => COMMANDS[message.command](message));
watchSources(() => Object.keys(phone.apps).forEach((name) => phone.install(name)));

async function end() {
  await phone.shutDown();
  process.exit();
}
process.on('SIGINT', end);
process.on('SIGTERM', end);
process.on('disconnect', end);

console.log(`preview: ${site.url}`);
process.send?.({ url: site.url });
openBrowser(site.url);
