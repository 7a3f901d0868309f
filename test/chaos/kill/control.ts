import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** How a test and the bot that it is going to kill speak: two files in a directory that both know. */
export const controlVariable = "CHAOS_CONTROL";

export interface Order {
  /** Of one attempt: boundaries are counted from 1 for each. */
  readonly attempt: string;
  /** Dies at this one; 0: at none. */
  readonly killAt: number;
}

export interface Boundary {
  readonly attempt: string;
  readonly number: number;
  readonly name: string;
}

const orderFile = (directory: string) => join(directory, "order.json");
const logFile = (directory: string) => join(directory, "boundaries.jsonl");

export function giveOrder(directory: string, order: Order): void {
  writeFileSync(orderFile(directory), JSON.stringify(order));
}

export function readOrder(directory: string): Order | undefined {
  try {
    return JSON.parse(readFileSync(orderFile(directory), "utf8"));
  } catch {
    return undefined;
  }
}

/** So that the next process is not killed as well. Boundaries are listed on. */
export function spare(directory: string, { attempt }: Order): void {
  giveOrder(directory, { attempt, killAt: 0 });
}

export function dropOrder(directory: string): void {
  rmSync(orderFile(directory), { force: true });
}

export function note(directory: string, boundary: Boundary): void {
  appendFileSync(logFile(directory), `${JSON.stringify(boundary)}\n`);
}

export function boundariesOf(directory: string, attempt: string): readonly Boundary[] {
  return readFileSync(logFile(directory), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Boundary => JSON.parse(line))
    .filter((boundary) => boundary.attempt === attempt);
}
