import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { BotError, explain } from "../../errors.ts";
import type { Runbook } from "../definition.ts";
import type { ChangeRunbook } from "../durable/definition.ts";
import type { RunbookTools } from "./tools.ts";

export interface OwnRunbooks {
  readonly reads: readonly Runbook[];
  readonly changes: readonly ChangeRunbook[];
}

const runbookSchema = z.looseObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/, "must be lower case letters, digits and dashes"),
  title: z.string().min(1),
  description: z.string().min(1),
  params: z.custom<z.ZodObject>((value) => value instanceof z.ZodObject, "must be a z.object or z.strictObject"),
  effect: z.enum(["read", "change"]),
  positional: z.array(z.string()),
  run: z.custom<(...args: never[]) => unknown>((value) => typeof value === "function", "must be a function"),
});

/**
 * Loads the runbooks of a directory: every `.js`, `.mjs` or `.ts` file in it whose default export makes one, or several, from the
 * tools. `taken` are ids that ship with the bot.
 *
 * @throws BotError `runbooks.load` with the file and what is wrong with it
 */
export async function loadRunbooks(
  directory: string,
  tools: RunbookTools,
  taken: readonly string[],
): Promise<OwnRunbooks> {
  const names = await readdir(directory).catch((cause: unknown) => {
    throw broken(directory, explain(cause), cause);
  });
  const files = names.filter((name) => /(?<!\.test|\.d)\.(?:js|mjs|ts)$/.test(name)).toSorted();
  const seen = new Set(taken);
  const all: (Runbook | ChangeRunbook)[] = [];
  for (const name of files) {
    const file = join(directory, name);
    for (const made of await load(file, tools)) {
      const parsed = runbookSchema.safeParse(made);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw broken(file, `${issue?.path.join(".") || "it"}: ${issue?.message ?? "not a runbook"}`);
      }
      const { id } = parsed.data;
      if (seen.has(id)) throw broken(file, `there is another runbook "${id}"`);
      seen.add(id);
      // Checked above, field by field; its parameters are parsed by its own schema before they reach it.
      all.push(made as Runbook | ChangeRunbook);
    }
  }
  return {
    reads: all.filter((one): one is Runbook => one.effect === "read"),
    changes: all.filter((one): one is ChangeRunbook => one.effect === "change"),
  };
}

async function load(file: string, tools: RunbookTools): Promise<readonly unknown[]> {
  try {
    const module: { readonly default?: unknown } = await import(pathToFileURL(file).href);
    if (typeof module.default !== "function") throw new Error("its default export is not a function of the tools");
    const made: unknown = await module.default(tools);
    return Array.isArray(made) ? made : [made];
  } catch (cause) {
    throw broken(file, explain(cause), cause);
  }
}

function broken(place: string, why: string, cause?: unknown): BotError {
  return new BotError("runbooks.load", `${place} cannot be used: ${why}`, "See docs/write-a-runbook.md", { cause });
}
