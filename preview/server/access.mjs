import { randomBytes, timingSafeEqual } from 'node:crypto';

const COOKIE = 'preview-token';

function isSame(left, right) {
  const [a, b] = [Buffer.from(left ?? ''), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function cookieOf(request, name) {
  const pairs = (request.headers.cookie ?? '').split('; ').map((pair) => pair.split('='));
  return Object.fromEntries(pairs)[name];
}

/** Rejects requests without the token: a request with the token in its URL gets it as a cookie. */
export class Access {
  #token = randomBytes(24).toString('base64url');
  // All ports of a host share cookies: the suffix distinguishes several previews.
  #cookie = `${COOKIE}-${randomBytes(4).toString('hex')}`;

  get query() {
    return `token=${this.#token}`;
  }

  /** Returns whether a request has the token, in its URL or its cookie. */
  admits(request) {
    return this.#hasQuery(request) || isSame(cookieOf(request, this.#cookie), this.#token);
  }

  /** Middleware for all requests. */
  guard = (request, response, next) => {
    if (!this.admits(request)) {
      response.writeHead(403, { 'content-type': 'text/plain' });
      response.end('Open the address that `cargo xtask preview` printed.\n');
      return;
    }
    if (this.#hasQuery(request)) {
      response.setHeader('set-cookie', `${this.#cookie}=${this.#token}; HttpOnly; SameSite=Strict; Path=/`);
    }
    next();
  };

  #hasQuery(request) {
    return isSame(new URL(request.url, 'http://localhost').searchParams.get('token'), this.#token);
  }
}
