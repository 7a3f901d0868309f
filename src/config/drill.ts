import { z } from "zod";

const ms = z.int().min(1);

/**
 * What a failover is held to when it is drilled. The figures are ours, not Dragonfly's: ten seconds is what clients with a queue ride out
 * by connecting again. The times of the alerts follow from the shipped rules and routes: scrape, evaluation and group_wait, and at the end
 * the quarter of an hour that DragonflyRoleChanged looks back.
 */
export const drillSchema = z
  .strictObject({
    writeGapMs: ms.default(10_000).describe("Longest time without a write that is acknowledged"),
    readGapMs: ms.default(10_000).describe("Longest time without a read that finds what was written"),
    lostWrites: z.int().min(0).default(0).describe("Writes that were acknowledged and are not there afterwards"),
    electedWithinMs: ms.default(10_000).describe("From the eviction to another primary"),
    syncedWithinMs: ms.default(120_000).describe("From the eviction until every replica follows it in sync"),
    alertFiredWithinMs: ms.default(120_000).describe("From the eviction until the bot has the alert as an incident"),
    alertResolvedWithinMs: ms.default(1_200_000).describe("From the eviction until the alert is over"),
    everyMs: z.int().min(5).max(1_000).default(25).describe("Between two writes of the canary, and between two reads"),
    measureForMs: z
      .int()
      .min(1_000)
      .max(600_000)
      .default(120_000)
      .describe("When the canary gives up waiting for the instance to serve again"),
  })
  .describe("What drill failover measures, and what it is held to");
