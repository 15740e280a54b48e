// The preview with the gallery instead of both apps: started by its test.
import { fileURLToPath } from 'node:url';
import { Target } from '../../checks/target.mjs';
import { endWithProcess, startPreview } from '../../server/preview.mjs';

const FOLDER = fileURLToPath(new URL('.', import.meta.url)).slice(0, -1);

/** Returns the gallery with the name of one of the apps. */
function galleryAs(name) {
  const source = { pages: ['pages/Gallery'], sourceRoots: [] };
  return new Target(FOLDER, { name, source, resource: { directories: ['src/main/resources'] } });
}

// Keeps the apps' own builds.
process.env.PREVIEW_FOLDER += '/gallery';

const { phone, url } = await startPreview(['server', 'client'].map(galleryAs));
endWithProcess(phone);
process.send({ url });
