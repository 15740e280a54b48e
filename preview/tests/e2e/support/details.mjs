/** The sheet with the details of a message. */
export class Details {
  constructor(phone) {
    this.phone = phone;
    this.sheet = phone.screen.getByRole('dialog').filter({ hasText: 'Message details' });
  }

  /** Opens it with a tap on the message with this text. */
  static async open(phone, text) {
    const details = new Details(phone);
    await phone.text(text).click();
    await details.sheet.waitFor();
    return details;
  }

  /** Returns the fact next to each name, from top to bottom. */
  async facts() {
    const rows = this.sheet.locator('.Flex.group');
    return Object.fromEntries(
      await rows.evaluateAll((all) => all.map((row) => [...row.querySelectorAll('.Text')].map((text) => text.textContent)))
    );
  }

  /** Waits until a name has a fact next to it. */
  async shows(name, fact) {
    await this.sheet.locator('.Flex.group').filter({ hasText: name }).filter({ hasText: fact }).waitFor();
  }

  async touch(name) {
    await this.sheet.getByRole('button', { name, exact: true }).click();
  }

  async close() {
    await this.touch('Close');
    await this.isClosed();
  }

  async isClosed() {
    await this.sheet.waitFor({ state: 'detached' });
  }
}
