import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** How a test and the bot that it is going to kill speak: two files in a directory that both know. */
export const controlVariable = "CHAOS_CONTROL";

export interface Order {
  /** Of one attempt: boundaries are counted from 1 for each. */
  readonly attempt: string;
  /** Dies at this one; at none when left out. */
  readonly killAt?: Moment | undefined;
}

/** Runs differ a little in what comes between, so a boundary is found again by its name. */
export interface Moment {
  readonly name: string;
  /** Which of those with this name, from 1 on. */
  readonly nth: number;
}

export interface Boundary extends Moment {
  readonly attempt: string;
  readonly number: number;
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
  giveOrder(directory, { attempt });
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
