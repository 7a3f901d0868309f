import { z } from "zod";

/** How connections are tried from other namespaces: by throwaway pods that run the bot's own probe. */
export const probesSchema = z
  .strictObject({
    image: z
      .string()
      .min(1)
      .optional()
      .describe("The bot's own pinned image, which has the probe in it; without it nothing is tried"),
    parallel: z.int().min(1).max(50).default(10).describe("Probe pods at once"),
    sample: z
      .int()
      .min(0)
      .max(50)
      .default(3)
      .describe("Namespaces of each cluster that are on no list and that the matrix tries too: each must be blocked"),
    stageMs: z
      .int()
      .min(50)
      .max(10_000)
      .default(4_000)
      .describe("How long one stage of a probe may take: a connection that is not answered by then counts as dropped"),
  })
  .describe("Throwaway pods that try connections");
