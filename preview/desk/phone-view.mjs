const LOG_LINES_MAX = 500;
const WORDS = {
  stopped: 'not running',
  running: 'in the foreground',
  background: 'in the background',
  suspended: 'stopped by the system'
};

/** One phone of the desk. */
export class PhoneView {
  #lines = [];

  /** `perform` sends a command for the app. */
  constructor(app, perform) {
    const { content } = document.querySelector('template');
    this.element = content.firstElementChild.cloneNode(true);
    this.element.dataset.app = app;
    this.frame = this.#find('iframe');
    this.frame.src = `/screen/?app=${app}`;
    this.frame.title = app;
    for (const button of this.element.querySelectorAll('button')) {
      button.addEventListener('click', () => perform(button.dataset.command));
    }
  }

  update({ state, pid, isDelayed, labels, window: { width, height } }) {
    this.#find('h2').textContent = labels.base;
    this.#find('.state').textContent = WORDS[state] + (state === 'background' && isDelayed ? ', delay granted' : '');
    this.#find('.pid').textContent = pid ? `process ${pid}` : '';
    this.element.dataset.state = state;
    this.frame.style.width = `${width}px`;
    this.frame.style.height = `${height}px`;
    this.#allow('background', state === 'running');
    this.#allow('back', state === 'running');
    this.#allow('foreground', state === 'background' || state === 'suspended');
    this.#allow('expire', state === 'background' && isDelayed);
    this.#allow('close', state === 'running' || state === 'background');
    this.#allow('kill', state !== 'stopped');
    this.#allow('start', state === 'stopped');
  }

  log(line) {
    this.#lines.push(line);
    this.#lines.splice(0, Math.max(0, this.#lines.length - LOG_LINES_MAX));
    this.#find('.log').textContent = this.#lines.join('\n');
  }

  #allow(command, allowed) {
    this.#find(`[data-command=${command}]`).disabled = !allowed;
  }

  #find(selector) {
    return this.element.querySelector(selector);
  }
}
