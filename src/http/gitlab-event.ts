import { z } from "zod";
import { BotError } from "../errors.ts";

/** Something happened to a merge request or a branch. Only a reason to look: what is true is read from the API. */
export interface GitHint {
  readonly mergeRequest: number | undefined;
  readonly branch?: string | undefined;
}

const iid = z.int().positive();
const branch = z.string().min(1);

const mergeRequestEvent = z.object({
  object_kind: z.literal("merge_request"),
  object_attributes: z.object({ iid, source_branch: branch.optional() }),
});
const pipelineEvent = z.object({
  object_kind: z.literal("pipeline"),
  merge_request: z.object({ iid }).nullish(),
  object_attributes: z.object({ ref: branch.nullish() }),
});
const noteEvent = z.object({ object_kind: z.literal("note"), merge_request: z.object({ iid }).nullish() });
const pushEvent = z.object({ object_kind: z.literal("push"), ref: z.string() });
const known = z.discriminatedUnion("object_kind", [mergeRequestEvent, pipelineEvent, noteEvent, pushEvent]);

const kinds = ["merge_request", "pipeline", "note", "push"];
const anyEvent = z.object({ object_kind: z.string() });

/**
 * What a webhook's body hints at; undefined when it is about something else. Fields that are not known are left alone.
 * Throws BotError `gitlab.payload` for what is no event of GitLab.
 *
 * Source: https://docs.gitlab.com/user/project/integrations/webhook_events/
 */
export function parseGitLabEvent(body: string): GitHint | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw notAnEvent("it is not JSON");
  }
  const kind = anyEvent.safeParse(json);
  if (!kind.success) throw notAnEvent("it has no object_kind");
  if (!kinds.includes(kind.data.object_kind)) return undefined;
  const event = known.safeParse(json);
  if (!event.success) throw notAnEvent(`${event.error.issues[0]?.path.join(".")}: ${event.error.issues[0]?.message}`);
  return hintOf(event.data);
}

function hintOf(event: z.infer<typeof known>): GitHint | undefined {
  switch (event.object_kind) {
    case "merge_request":
      return { mergeRequest: event.object_attributes.iid, branch: event.object_attributes.source_branch };
    case "pipeline":
      return { mergeRequest: event.merge_request?.iid, branch: event.object_attributes.ref ?? undefined };
    case "note": {
      // Also of commits and issues, which are none of the bot's business.
      const about = event.merge_request?.iid;
      return about === undefined ? undefined : { mergeRequest: about };
    }
    case "push": {
      const name = /^refs\/heads\/(.+)$/.exec(event.ref)?.[1];
      return name === undefined ? undefined : { mergeRequest: undefined, branch: name };
    }
  }
}

function notAnEvent(why: string): BotError {
  return new BotError(
    "gitlab.payload",
    `This is not an event of GitLab: ${why}`,
    "Send GitLab's webhooks here, in JSON",
  );
}
