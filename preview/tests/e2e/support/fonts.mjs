const SILENT = new Set(['SCRIPT', 'STYLE', 'TITLE']);

/** Yields the elements of a tree with text of their own, and the text. */
function* textsOf(node) {
  const { nodeName, nodeId, children = [], shadowRoots = [] } = node;
  const text = children.filter((child) => child.nodeName === '#text').map((child) => child.nodeValue).join('').trim();
  if (text && !SILENT.has(nodeName)) {
    yield { nodeId, text };
  }
  for (const child of [...children, ...shadowRoots]) {
    yield* textsOf(child);
  }
}

function findScreen(node, app) {
  if (node.nodeName === 'IFRAME' && node.attributes.includes(app)) {
    return node.contentDocument;
  }
  return (node.children ?? []).map((child) => findScreen(child, app)).find(Boolean);
}

/** Returns texts on a phone's screen that the browser has drawn with fonts of this machine. */
export async function foreignFonts({ page, app }) {
  const session = await page.context().newCDPSession(page);
  await session.send('DOM.enable');
  await session.send('CSS.enable');
  const { root } = await session.send('DOM.getDocument', { depth: -1, pierce: true });
  const faults = [...textsOf(findScreen(root, app))].map(async ({ nodeId, text }) => {
    const { fonts } = await session.send('CSS.getPlatformFontsForNode', { nodeId });
    const foreign = fonts.filter(({ isCustomFont }) => !isCustomFont);
    return foreign.map(({ familyName }) => `"${text.slice(0, 30)}" is drawn with ${familyName}, a font of this machine`);
  });
  const found = (await Promise.all(faults)).flat();
  await session.detach();
  return found;
}
