// The app's side of the channel to the system that started its process.

const listeners = new Map();

/** Calls `listener` for messages of one type. */
export function onSystem(type, listener) {
  listeners.set(type, listener);
}

/** Sends a message to the system. */
export function tellSystem(type, content = {}) {
  process.send({ type, ...content });
}

/** Starts to receive messages; earlier ones wait until now. */
export function listenToSystem() {
  process.on('message', ({ type, ...content }) => {
    const listener = listeners.get(type);
    if (!listener) {
      throw new Error(`The system sent the unknown message ${type}.`);
    }
    listener(content);
  });
}

/** Start parameters from the system. */
export const start = JSON.parse(process.env.PREVIEW_APP ?? '{}');
