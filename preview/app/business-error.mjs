/** What the system's kits throw and reject with. */
export class BusinessError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}
