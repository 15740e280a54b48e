// The preview with the gallery in place of both apps: started by its test.
import { fileURLToPath } from 'node:url';
import { Target } from '../../checks/target.mjs';
import { endWithProcess, startPreview } from '../../server/preview.mjs';

const FOLDER = fileURLToPath(new URL('.', import.meta.url)).slice(0, -1);

/** The gallery under the name of one of the apps. */
function galleryAs(name) {
  const source = { pages: ['pages/Gallery'], sourceRoots: [] };
  return new Target(FOLDER, { name, source, resource: { directories: ['src/main/resources'] } });
}

const { phone, url } = await startPreview({
  folder: process.env.PREVIEW_FOLDER,
  library: process.env.SOCKETKIT_LIBRARY,
  port: Number(process.env.PREVIEW_PORT),
  targets: ['server', 'client'].map(galleryAs)
});
endWithProcess(phone);
process.send({ url });
