/** Sends an app to the background, where it is granted time. */
export async function leave(phone) {
  await phone.command('To background');
  await phone.becomes('background');
}

/** Lets an app's time in the background run out, until it is stopped. */
export async function expire(phone) {
  await phone.command('End delay');
  await phone.becomes('suspended');
}

/** From now on an app that is stopped finds its connections cut. */
export async function cutConnections(preview) {
  await preview.choose('Connections of a stopped app', 'cut');
}

/** Brings an app back as its user does. */
export async function comeBack(phone) {
  await phone.command('Return');
  await phone.isInForeground();
}
