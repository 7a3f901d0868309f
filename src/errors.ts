/**
 * An error that a person can act on.
 *
 * `code` is stable and made for programs and tests; `message` says what happened; `next` says what to do about it.
 * The message and the next step are shown to people in Slack and on the terminal, so neither may hold a secret.
 */
export class BotError extends Error {
  readonly code: string;
  readonly next: string;

  constructor(code: string, message: string, next: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = "BotError";
    this.code = code;
    this.next = next;
  }
}

/** One plain sentence or two for a person: what happened, then what to do. Never a stack trace. */
export function explain(error: unknown): string {
  if (error instanceof BotError) return `${sentence(error.message)} ${sentence(error.next)}`.trim();
  if (error instanceof Error) return sentence(error.message);
  return sentence(String(error));
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return trimmed === "" || /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
