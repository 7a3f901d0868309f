/** An answer that is not the object: Kubernetes' `Status`, thrown as an error and written by the server. */
export class ApiStatus extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: number, reason: string, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  toJSON() {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: this.message,
      reason: this.reason,
      ...(Object.keys(this.details).length === 0 ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

export function apiError(
  code: number,
  reason: string,
  message: string,
  details?: Readonly<Record<string, unknown>>,
): ApiStatus {
  return new ApiStatus(code, reason, message, details);
}
