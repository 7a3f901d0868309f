import { z } from "zod";
import { blockProblems } from "../block-kit.ts";
import type { Block, PageFile } from "../page-api.ts";
import { randomId, type Workspace } from "../workspace.ts";
import { memberChannel } from "./access.ts";
import { type Arguments, isAnswer, type Method, no, textOf } from "./answer.ts";

/** Files are processed after the answer, so the message comes a little later. */
const processingMs = 60;
const snippetBytes = 1_024 * 1_024;
const channelLimit = 100;
const previewCharacters = 2_000;
const snippetTypes = [
  "auto",
  "text",
  "diff",
  "json",
  "yaml",
  "markdown",
  "shell",
  "javascript",
  "typescript",
  "python",
];

/** Both steps of an upload that are methods; between them the bytes go to the URL of the first. */
export function fileMethods(workspace: Workspace, origin: () => string) {
  const uploadUrl: Method = (given) => {
    const name = textOf(given, "filename");
    const length = textOf(given, "length");
    const missing = [...(name === undefined ? ["filename"] : []), ...(length === undefined ? ["length"] : [])];
    if (name === undefined || length === undefined)
      return no(
        "invalid_arguments",
        missing.map((field) => `[ERROR] missing required field: ${field}`),
      );
    const size = Number(length);
    if (!Number.isInteger(size) || size < 0)
      return no("invalid_arguments", ["[ERROR] must be an integer [json-pointer:/length]"]);
    if (size === 0) return no("missing_argument");
    if ((textOf(given, "alt_txt") ?? "").length > 1_000) return no("alt_txt_too_large");
    const snippet = textOf(given, "snippet_type");
    if (snippet !== undefined && !snippetTypes.includes(snippet)) return no("unknown_snippet_type");
    if (snippet !== undefined && size > snippetBytes) return no("snippet_too_large");
    const id = randomId("F");
    const file = {
      id,
      name,
      title: name,
      mimetype: mimetypeOf(name),
      size,
      url: `/files/${id}/${encodeURIComponent(name)}`,
    };
    workspace.files.set(id, { file, content: undefined, completed: false });
    return { ok: true, upload_url: `${origin()}/upload/${id}`, file_id: id };
  };

  const complete: Method = (given) => {
    const parsed = z
      .array(z.looseObject({ id: z.string(), title: z.string().optional() }))
      .min(1)
      .safeParse(given["files"]);
    if (!parsed.success) return no("invalid_arguments", ["[ERROR] must be an array of files [json-pointer:/files]"]);
    const tickets = parsed.data.flatMap(({ id, title }) => {
      const stored = workspace.files.get(id);
      return stored?.content === undefined || stored.completed ? [] : [{ stored, title: title ?? stored.file.title }];
    });
    if (tickets.length < parsed.data.length) return no("file_not_found");
    const targets = targetsOf(given);
    if (isAnswer(targets)) return targets;
    const blocks = given["blocks"];
    if (blocks !== undefined && blockProblems(blocks, "message").length > 0) return no("invalid_blocks");

    const files = tickets.map(({ stored, title }): PageFile => {
      stored.completed = true;
      return { ...stored.file, title, ...previewOf(stored.file.mimetype, stored.content) };
    });
    const comment = textOf(given, "initial_comment") ?? "";
    const thread = textOf(given, "thread_ts");
    const share = () => {
      for (const channel of targets)
        workspace.add({
          channel,
          user: workspace.botUserId,
          text: comment,
          // A comment wins over blocks.
          blocks: comment === "" && blocks !== undefined ? (blocks as readonly Block[]) : [],
          files,
          ...(thread === undefined ? {} : { thread_ts: thread }),
        });
    };
    if (targets.length > 0) setTimeout(share, processingMs).unref();
    return {
      ok: true,
      files: files.map(({ id, name, title, mimetype, size }) => {
        return { id, name, title, mimetype, size, user: workspace.botUserId, shares: {} };
      }),
    };
  };

  /** Where the files go: ids of channels, empty to keep them private. */
  const targetsOf = (given: Arguments) => {
    const one = textOf(given, "channel_id");
    // Neither a name nor a person's id (bolt-js#2115).
    if (one !== undefined && !/^[CGDZ][A-Z0-9]+$/.test(one))
      return no("invalid_arguments", [
        "[ERROR] input must match regex pattern: ^[CGDZ][A-Z0-9]{8,}$ [json-pointer:/channel_id]",
      ]);
    const several = (textOf(given, "channels") ?? "").split(",").filter((id) => id !== "");
    if (several.length > channelLimit) return no("channels_limit_exceeded");
    const ids = [...(one === undefined ? [] : [one]), ...several];
    for (const id of ids) {
      const channel = memberChannel(workspace, id);
      if (isAnswer(channel)) return channel;
    }
    const thread = textOf(given, "thread_ts");
    if (thread === undefined) return ids;
    const parent = ids.length === 1 ? workspace.message(ids[0] ?? "", thread) : undefined;
    // Only the message that a thread hangs on, in one channel, is documented to work; anything else is refused here.
    if (parent === undefined || parent.thread_ts !== undefined || parent.onlyFor !== undefined)
      return no("invalid_arguments", ["[ERROR] not a message to reply to [json-pointer:/thread_ts]"]);
    return ids;
  };
  return { uploadUrl, complete };
}

function previewOf(mimetype: string, content: Buffer | undefined): Pick<PageFile, "preview"> {
  if (content === undefined || !(mimetype.startsWith("text/") || mimetype === "application/json")) return {};
  return {
    preview: content
      .subarray(0, previewCharacters * 4)
      .toString("utf8")
      .slice(0, previewCharacters),
  };
}

function mimetypeOf(name: string): string {
  if (name.endsWith(".png")) return "image/png";
  if (name.endsWith(".json")) return "application/json";
  return "text/plain";
}
