import { createReadStream } from 'node:fs';
import path from 'node:path';
import { build, preview } from 'vite';
import { mediaFile } from '../arkts/resource-table.mjs';
import { ROOT } from '../root.mjs';
import { Access } from './access.mjs';

const FOLDER = path.join(ROOT, 'preview');
const TYPES = { '.svg': 'image/svg+xml', '.png': 'image/png', '.json': 'application/json' };

/** Serves `/media/<app>/<name>`: the pictures of an app's resources. */
function serveMedia(phone) {
  return (request, response, next) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    const [, app, name] = pathname.split('/');
    const target = phone.targets[app];
    const file = target && mediaFile(target, decodeURIComponent(name), searchParams.has('dark'));
    if (!file) {
      next();
      return;
    }
    response.setHeader('content-type', TYPES[path.extname(file)] ?? 'application/octet-stream');
    createReadStream(file).pipe(response);
  };
}

function toDesk(request, response, next) {
  if (new URL(request.url, 'http://localhost').pathname !== '/') {
    next();
    return;
  }
  response.writeHead(302, { location: '/desk/' });
  response.end();
}

/** Bundles the desk and the screen, with their fonts. */
async function buildSite(outDir) {
  await build({
    root: FOLDER,
    configFile: false,
    logLevel: 'error',
    build: {
      outDir,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      rolldownOptions: { input: ['desk/index.html', 'screen/index.html'].map((file) => path.join(FOLDER, file)) }
    }
  });
}

/** Serves the web site of the preview, built into `outDir`: `{ http, access, url }`; `port` 0 selects a free one. */
export async function openSite(phone, outDir, port) {
  await buildSite(outDir);
  const access = new Access();
  const { httpServer } = await preview({
    root: FOLDER,
    configFile: false,
    appType: 'mpa',
    logLevel: 'error',
    build: { outDir },
    // Not reachable from other machines.
    preview: { host: '127.0.0.1', port, strictPort: true },
    plugins: [
      {
        name: 'access',
        configurePreviewServer({ middlewares }) {
          middlewares.use(access.guard);
          middlewares.use(toDesk);
          middlewares.use('/media', serveMedia(phone));
        }
      }
    ]
  });
  return { http: httpServer, access, url: `http://127.0.0.1:${httpServer.address().port}/?${access.query}` };
}
