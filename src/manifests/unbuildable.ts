import { BotError } from "../errors.ts";

/** What cannot be built is not guessed: whoever compares with it says that it does not know. */
export function unbuildable(file: string, problem: string, cause?: unknown): BotError {
  return new BotError(
    "manifests.unbuildable",
    `${file} ${problem}`,
    "Compare by hand with flux diff, or write it with what the bot can build (docs/verify.md)",
    { cause },
  );
}
