/** An answer with an error code, in GitLab's words. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(`${status} ${JSON.stringify(body)}`);
    this.name = "Refusal";
    this.status = status;
    this.body = body;
  }
}

const reasoned = (what: string, reason?: string) => (reason === undefined ? what : `${what} - ${reason}`);

/** Parameters that the declared types do not allow. */
export const invalid = (error: string) => new Refusal(400, { error });
export const badRequest = (reason?: string) => new Refusal(400, { message: reasoned("400 Bad request", reason) });
/** A service that refused, in its own words. */
export const refused = (message: unknown, status = 400) => new Refusal(status, { message });
export const unauthorized = () => new Refusal(401, { message: "401 Unauthorized" });
export const forbidden = (reason?: string) => new Refusal(403, { message: reasoned("403 Forbidden", reason) });
export const notFound = (what?: string) =>
  new Refusal(404, { message: what === undefined ? "404 Not Found" : `404 ${what} Not Found` });
export const notAllowed = () => new Refusal(405, { message: "405 Method Not Allowed" });
export const conflict = (message: unknown) => new Refusal(409, { message });
export const unprocessable = (message: unknown) => new Refusal(422, { message });
