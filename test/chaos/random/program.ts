import { z } from "zod";
import type { Dice } from "./dice.ts";

/** A runbook as data: it is among the run's parameters, so that every process that carries it on does the same. */
const opSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("step"), fails: z.int(), retries: z.int() }),
  z.strictObject({ kind: z.literal("effect"), retries: z.int() }),
  z.strictObject({ kind: z.literal("sleep"), ms: z.int() }),
  z.strictObject({ kind: z.literal("approve") }),
]);
export type Op = z.infer<typeof opSchema>;

export const paramsSchema = z.strictObject({ target: z.string().optional(), program: z.array(opSchema) });
export type Params = z.infer<typeof paramsSchema>;

export function nameOf(op: Op, at: number): string {
  return `${op.kind} ${at}`;
}

/** What stands for the plan that a run asks about at this point. */
export function digestOf(run: string, at: number): string {
  return `plan of ${run} at ${at}`;
}

const effect = (dice: Dice): Op => ({ kind: "effect", retries: dice.chance(0.3) ? dice.between(1, 2) : 0 });
const step = (dice: Dice): Op => ({
  kind: "step",
  fails: dice.chance(0.2) ? dice.between(1, 2) : 0,
  retries: dice.chance(0.5) ? dice.between(1, 3) : 0,
});
const sleep = (dice: Dice): Op => ({ kind: "sleep", ms: dice.between(0, 15_000) });

/** Mostly as the shipped runbooks are: look, ask, change, wait. Sometimes anything. */
export function randomProgram(dice: Dice): readonly Op[] {
  const any = () => dice.pick([step, effect, effect, sleep, (): Op => ({ kind: "approve" })])(dice);
  if (dice.chance(0.3)) return Array.from({ length: dice.between(1, 6) }, any);
  const before = dice.chance(0.5) ? [step(dice)] : [];
  const after = Array.from({ length: dice.between(1, 3) }, () => dice.pick([effect, effect, step, sleep])(dice));
  return [...before, { kind: "approve" }, ...after];
}
