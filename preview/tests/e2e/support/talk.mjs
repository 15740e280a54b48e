/** Starts the server, and connects the client. */
export async function connect({ server, client }) {
  await server.touch('Initialize');
  await server.shows('Listening');
  await client.touch('Connect to server');
  await client.shows('Connected');
}

/** Types a message and sends it with the icon, or with `send`. */
export async function say(phone, text, send = () => phone.touch('Send')) {
  await phone.type(text);
  await send();
  await phone.holds(phone.input, /^$/);
}

/** Types a message and sends it with the keyboard. */
export function enter(phone, text) {
  return say(phone, text, () => phone.input.press('Enter'));
}

/** Returns the row of a message. */
export function row(phone, text) {
  return phone.screen.getByRole('listitem').filter({ has: phone.text(text) });
}

/** Waits until the row of a message contains or matches `words`. */
export async function rowSays(phone, text, words) {
  await row(phone, text).filter({ hasText: words }).waitFor();
}
