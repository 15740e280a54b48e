/** The settings sheet of a phone. */
export class Settings {
  constructor(phone) {
    this.phone = phone;
    this.sheet = phone.screen.getByRole('dialog').filter({ hasText: 'Framing' });
    this.port = this.sheet.getByRole('textbox', { name: 'Port', exact: true });
    this.code = this.sheet.getByRole('textbox', { name: 'Pairing code', exact: true });
    this.framing = this.sheet.getByRole('group', { name: 'Framing', exact: true });
  }

  static async open(phone) {
    const settings = new Settings(phone);
    await phone.touch('Settings');
    await settings.sheet.waitFor();
    return settings;
  }

  /** Opens the sheet, changes the settings in `values`, and saves. */
  static async change(phone, values) {
    const settings = await Settings.open(phone);
    await settings.fill(values);
    await settings.save();
  }

  async fill({ port, framing, code }) {
    if (port !== undefined) {
      await this.port.fill(port);
    }
    if (framing !== undefined && (await this.isFramed()) !== framing) {
      await this.framing.click();
    }
    if (code !== undefined) {
      await this.code.fill(code);
    }
  }

  async isFramed() {
    return (await this.framing.getAttribute('aria-checked')) === 'true';
  }

  link(name) {
    return this.sheet.getByRole('group', { name, exact: true });
  }

  button(name) {
    return this.sheet.getByRole('button', { name, exact: true });
  }

  async touch(name) {
    await this.button(name).click();
  }

  async shows(text) {
    await this.sheet.getByText(text, { exact: true }).waitFor();
  }

  async hides(text) {
    await this.sheet.getByText(text, { exact: true }).waitFor({ state: 'detached' });
  }

  /** Lets the server create a code, and returns it. */
  async makeCode() {
    const before = await this.code.inputValue();
    await this.touch('New code');
    await this.phone.holds(this.code, new RegExp(`^(?!${before}$)`));
    return this.code.inputValue();
  }

  async save() {
    await this.touch('Save');
    await this.isClosed();
  }

  async isClosed() {
    await this.sheet.waitFor({ state: 'detached' });
  }
}
