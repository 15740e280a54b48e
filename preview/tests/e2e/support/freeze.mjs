/** Runs `action` while an app's process is stopped; its kernel still accepts connections and bytes. */
export async function whileFrozen(phone, action) {
  const pid = await phone.pid();
  process.kill(pid, 'SIGSTOP');
  try {
    await action();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}
