// The screen of one phone: shows the content from the app's process, and sends touches and text to it.
import '@fontsource-variable/noto-sans-sc';
import '@fontsource/noto-color-emoji/emoji.css';
import './style.css';
import { Keyboard } from './keyboard.mjs';
import { Launcher } from './launcher.mjs';
import { showFault, clearFault } from './fault.mjs';
import { Stage } from './stage.mjs';
import { translateSystemTexts } from './system-texts.mjs';

const app = new URLSearchParams(location.search).get('app');
const line = new WebSocket(`ws://${location.host}/line/screen/${app}`);
const send = (message) => line.send(JSON.stringify(message));

const stage = new Stage(app, send);
const launcher = new Launcher(app);
const keyboard = new Keyboard();

/** Languages with mirrored pages. */
const RIGHT_TO_LEFT = new Set(['ar', 'fa', 'he', 'ug', 'ur']);

function takePhone({ settings, fontScale, apps }) {
  const root = document.documentElement;
  const { cutout, avoidsCutout } = apps[app].window;
  root.dataset.cutout = cutout;
  root.classList.toggle('avoids-cutout', avoidsCutout);
  root.lang = settings.language;
  translateSystemTexts();
  root.dir = RIGHT_TO_LEFT.has(settings.language.split('-')[0]) ? 'rtl' : 'ltr';
  root.dataset.theme = settings.dark ? 'dark' : 'light';
  root.style.setProperty('--font-scale', fontScale);
  stage.setTheme(settings.dark);
  keyboard.use(settings.keyboard);
  launcher.update(apps[app], settings);
  if (apps[app].fault) {
    showFault(apps[app].fault);
  }
}

// Controls below a sheet or a dialog are disabled for touch and keyboard.
const layer = document.querySelector('#layer');
new MutationObserver(() => {
  document.querySelector('#root').inert = layer.querySelector('.shade') !== null;
}).observe(layer, { childList: true });

const ACTIONS = {
  phone: takePhone,
  started() {
    clearFault();
    document.querySelector('#announcements').replaceChildren();
    send({ type: 'attach' });
  },
  snapshot: ({ operations }) => stage.replace(operations),
  operations: ({ operations }) => stage.apply(operations),
  fault: ({ message, stack }) => showFault(stack || message),
  configured({ revision }) {
    document.documentElement.dataset.drawn = revision;
  },
  gone: () => stage.clear(),
  log() {}
};
line.addEventListener('message', ({ data }) => {
  const message = JSON.parse(data);
  ACTIONS[message.type](message);
});
line.addEventListener('close', () => showFault('The preview has ended.'));
