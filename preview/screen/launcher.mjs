/** The home screen, shown while the app is not in the foreground: its icon starts the app or brings it back. */
export class Launcher {
  #button = document.querySelector('#launcher');
  #picture = document.createElement('span');
  #label = document.createElement('span');

  constructor(app) {
    this.app = app;
    this.#button.append(this.#picture, this.#label);
    this.#picture.className = 'icon';
    this.#button.addEventListener('click', () => {
      parent.postMessage({ command: this.command, app }, location.origin);
    });
  }

  update({ state, labels, icon, fault }, { language }) {
    this.command = state === 'stopped' ? 'start' : 'foreground';
    this.#label.textContent = labels[language.replace('-', '_')] ?? labels.base;
    // A layered icon consists of two pictures of the same size.
    const layers = ['foreground', 'background'].map((layer) => `url(/media/${this.app}/${icon}_${layer})`);
    this.#picture.style.backgroundImage = layers.join(', ');
    this.#button.hidden = state === 'running' || Boolean(fault);
    document.querySelector('#window').inert = state !== 'running';
  }
}
