/** What a method answers: Slack's JSON, `ok` included. */
export type ApiAnswer = { readonly ok: boolean; readonly error?: string } & Readonly<Record<string, unknown>>;
export type Arguments = Readonly<Record<string, unknown>>;
export type Method = (given: Arguments) => ApiAnswer;

/** A refusal with Slack's error code, and what Slack says about the arguments. */
export function no(error: string, messages?: readonly string[]): ApiAnswer {
  return { ok: false, error, ...(messages === undefined ? {} : { response_metadata: { messages } }) };
}

export function isAnswer(value: object): value is ApiAnswer {
  return "ok" in value;
}

/** An argument as text, however it was sent: forms carry numbers and booleans as text. */
export function textOf(given: Arguments, name: string): string | undefined {
  const value = given[name];
  return value === undefined || value === null || value === "" ? undefined : String(value);
}
