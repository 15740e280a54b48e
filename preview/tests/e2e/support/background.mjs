/** Sends an app to the background, with a granted delay. */
export async function leave(phone) {
  await phone.command('To background');
  await phone.becomes('background');
}

/** Ends an app's time in the background, and waits until it is suspended. */
export async function expire(phone) {
  await phone.command('End delay');
  await phone.becomes('suspended');
}

/** Lets the system reset the connections of suspended apps from now on. */
export async function cutConnections(preview) {
  await preview.choose('Connections of a stopped app', 'cut');
}

/** Brings an app to the foreground. */
export async function comeBack(phone) {
  await phone.command('Return');
  await phone.isInForeground();
}
