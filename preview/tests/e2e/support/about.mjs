const NAMES = { server: 'Socket Server', client: 'Socket Client' };
const LONG_PRESS_MS = 600;

/** The sheet about the app. */
export class About {
  constructor(phone) {
    this.phone = phone;
    this.sheet = phone.screen.getByRole('dialog').filter({ hasText: 'ABI' });
    this.licences = phone.screen.getByRole('dialog').filter({ has: phone.screen.getByRole('list') });
  }

  /** Opens it with a long press on the app's name. */
  static async open(phone) {
    const about = new About(phone);
    await phone.text(NAMES[phone.app]).first().click({ delay: LONG_PRESS_MS });
    await about.sheet.waitFor();
    return about;
  }

  /** Returns the value of a fact. */
  async fact(label) {
    const text = await this.sheet.locator('.group').filter({ hasText: label }).last().textContent();
    return text.slice(label.length);
  }

  button(name) {
    return this.sheet.getByRole('button', { name, exact: true });
  }

  link(name) {
    return this.sheet.getByRole('group', { name, exact: true });
  }

  /** Returns the subjects of the drawn licences. */
  async licenceNames() {
    const rows = this.licences.getByRole('listitem');
    return rows.evaluateAll((all) => all.map((row) => row.querySelector('.Text').textContent));
  }

  async shows(text) {
    await this.sheet.getByText(text, { exact: true }).waitFor();
  }

  async close() {
    await this.button('Close').click();
    await this.sheet.waitFor({ state: 'detached' });
  }
}
