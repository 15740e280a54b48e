import { WebSocketServer } from 'ws';

/** WebSockets of browsers: `/line/desk` for the desk, `/line/screen/<app>` for the screen of an app. */
export class Lines {
  #sockets = new WebSocketServer({ noServer: true });
  #desks = new Set();
  #screens = { server: new Set(), client: new Set() };
  #phone;
  #perform;

  /** `perform` runs a desk's command. */
  constructor(http, access, phone, perform) {
    this.#phone = phone;
    this.#perform = perform;
    http.on('upgrade', (request, socket, head) => {
      if (!access.admits(request)) {
        socket.destroy();
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (line) => this.#open(line, request));
    });
    phone.on('change', () => this.#tellState());
    phone.on('message', (app, message) => this.#tellScreens(app, message));
  }

  #open(line, request) {
    const { pathname } = new URL(request.url, 'http://localhost');
    const [, , kind, app] = pathname.split('/');
    if (kind === 'desk') {
      this.#join(this.#desks, line, (message) => this.#perform(message));
    } else if (this.#screens[app]) {
      this.#join(this.#screens[app], line, (message) => this.#phone.apps[app].tell(message));
      this.#phone.apps[app].tell({ type: 'attach' });
    } else {
      line.close();
      return;
    }
    line.send(JSON.stringify({ type: 'phone', ...this.#phone.describe() }));
  }

  #join(lines, line, onMessage) {
    lines.add(line);
    line.on('message', (data) => onMessage(JSON.parse(data)));
    line.on('close', () => lines.delete(line));
  }

  #tellState() {
    const message = { type: 'phone', ...this.#phone.describe() };
    this.#send([...this.#desks, ...this.#screens.server, ...this.#screens.client], message);
  }

  #tellScreens(app, message) {
    this.#send([...this.#screens[app], ...this.#desks], { app, ...message });
  }

  #send(lines, message) {
    const text = JSON.stringify(message);
    lines.forEach((line) => line.send(text));
  }
}
