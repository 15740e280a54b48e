// Page with the two phones: switches, and the state of each app's process.
import '@fontsource-variable/noto-sans-sc';
import './style.css';
import { PhoneView } from './phone-view.mjs';

const line = new WebSocket(`ws://${location.host}/line/desk`);
const send = (message) => line.send(JSON.stringify(message));
const phones = {};
/** Counter of setting changes, to identify those that a screen shows. */
let revision = 0;

for (const app of ['server', 'client']) {
  phones[app] = new PhoneView(app, (command) => send({ command, app }));
  document.querySelector('main').append(phones[app].element);
}

function show({ settings, apps }) {
  // An update from the server may be older than the current setting.
  if (settings.revision >= revision) {
    revision = settings.revision;
    showSettings(settings);
  }
  Object.entries(apps).forEach(([app, description]) => phones[app].update(description));
}

function showSettings(settings) {
  const { elements } = switches;
  elements.theme.value = settings.dark ? 'dark' : 'light';
  elements.language.value = settings.language;
  elements.fontScale.value = String(settings.fontScale);
  elements.device.value = [settings.width, settings.height, settings.cutout].join(' ').trim();
  elements.keyboard.checked = settings.keyboard;
  elements.screenReader.checked = settings.screenReader;
}

const ACTIONS = {
  phone: show,
  log: ({ app, level, text }) => phones[app].log(`${level} ${text}`),
  fault: ({ app, message, stack }) => phones[app].log(stack || message)
};
line.addEventListener('message', ({ data }) => {
  const message = JSON.parse(data);
  ACTIONS[message.type]?.(message);
});

/** Setting that each switch changes, by its value and whether it is on. */
const CHANGES = {
  theme: (value) => ({ dark: value === 'dark' }),
  language: (value) => ({ language: value }),
  fontScale: (value) => ({ fontScale: Number(value) }),
  device: (value) => {
    const [width, height, cutout = ''] = value.split(' ');
    return { width: Number(width), height: Number(height), cutout };
  },
  keyboard: (_value, isOn) => ({ keyboard: isOn }),
  screenReader: (_value, isOn) => ({ screenReader: isOn })
};
const switches = document.querySelector('form');
switches.addEventListener('change', ({ target }) => {
  const { name, value, checked } = target;
  if (CHANGES[name]) {
    revision += 1;
    document.documentElement.dataset.revision = revision;
    send({ command: 'configure', changes: { ...CHANGES[name](value, checked), revision } });
  } else {
    const { delay, refuses, connections } = switches.elements;
    const policy = { delayMs: Number(delay.value), refuses: refuses.checked, cutsConnections: connections.value === 'cut' };
    send({ command: 'suspendPolicy', policy });
  }
});

// A tap on an app's icon.
addEventListener('message', ({ origin, data }) => {
  if (origin === location.origin) {
    send(data);
  }
});
