/** Has the server listen and the client connect to it. */
export async function connect({ server, client }) {
  await server.touch('Initialize');
  await server.shows('Listening');
  await client.touch('Connect to server');
  await client.shows('Connected');
}

/** Types a message and sends it; with `send` that is done in another way than by the icon. */
export async function say(phone, text, send = () => phone.touch('Send')) {
  await phone.type(text);
  await send();
  await phone.holds(phone.input, /^$/);
}

/** Types a message and sends it with the keyboard. */
export function enter(phone, text) {
  return say(phone, text, () => phone.input.press('Enter'));
}

/** The row of a message. */
export function row(phone, text) {
  return phone.screen.getByRole('listitem').filter({ has: phone.text(text) });
}

/** Waits until the row of a message has `words` in it, or matches them. */
export async function rowSays(phone, text, words) {
  await row(phone, text).filter({ hasText: words }).waitFor();
}
