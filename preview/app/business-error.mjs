/** Error of the system's kits, thrown or as rejection. */
export class BusinessError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}
