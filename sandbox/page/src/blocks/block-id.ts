import type { Block } from "../../../slack/page-api.ts";

/** The id by which the simulation knows a block; one without its own is known by its place. */
export function blockIdOf(block: Block, index: number): string {
  const id = block["block_id"];
  return typeof id === "string" ? id : `b${index}`;
}
