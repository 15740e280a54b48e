import { spawn } from 'node:child_process';

/** Opens a URL in the user's browser if there is a display; the URL has been printed anyway. */
export function openBrowser(url) {
  const hasDisplay = process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  if (hasDisplay && process.stdout.isTTY) {
    const opener = spawn('xdg-open', [url], { stdio: 'ignore', detached: true });
    opener.on('error', () => {});
    opener.unref();
  }
}
