// Runs both apps and serves their screens: started by `cargo xtask preview`.
import { openBrowser } from './browser.mjs';
import { endWithProcess, rebuildPages, startPreview } from './preview.mjs';
import { watchSources } from './sources.mjs';

console.log('building the pages and their screens');
const { phone, url } = await startPreview();
endWithProcess(phone);
watchSources(() => rebuildPages(phone));
console.log(`preview: ${url}`);
process.send?.({ url });
openBrowser(url);
