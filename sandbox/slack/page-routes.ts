import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { FaultState, PageMessage, PageState, PageView, SlashCommand } from "./page-api.ts";
import type { People } from "./people.ts";
import { blocksOf, modalsOf } from "./views.ts";
import type { StoredMessage, StoredView, Workspace } from "./workspace.ts";

export interface FaultPanel {
  states(): readonly FaultState[];
  set(name: string, on: boolean): Promise<readonly FaultState[]>;
}

export interface PageOptions {
  readonly workspace: Workspace;
  readonly people: People;
  readonly commands: readonly SlashCommand[];
  readonly online: () => boolean;
  readonly faults: FaultPanel | undefined;
  /** The built page; undefined to serve none. */
  readonly pageDir: string | undefined;
}

const user = z.string();
const form = z.record(z.string(), z.record(z.string(), z.unknown()));
const bodies = {
  command: z.object({ user, channel: z.string(), text: z.string(), thread_ts: z.string().optional() }),
  action: z.object({
    user,
    message: z.object({ channel: z.string(), ts: z.string() }).optional(),
    view_id: z.string().optional(),
    block_id: z.string(),
    action_id: z.string(),
    value: z.string().optional(),
    values: z.array(z.string()).optional(),
    form: form.optional(),
  }),
  submit: z.object({ user, view_id: z.string(), values: form }),
  close: z.object({ user, view_id: z.string() }),
  message: z.object({ user, channel: z.string(), text: z.string(), thread_ts: z.string().optional() }),
  home: z.object({ user, tab: z.enum(["home", "messages"]).optional() }),
  fault: z.object({ on: z.boolean() }),
};

/** What the page needs: the state as one person may see it, live, and what that person does. See page-api.ts. */
export function addPageRoutes(server: FastifyInstance, options: PageOptions): void {
  const { workspace, people, faults } = options;
  const viewer = (query: unknown) => z.object({ user }).parse(query).user;
  server.get("/sandbox/state", async (request) => pageState(options, viewer(request.query)));
  server.get("/sandbox/events", (request, reply) => {
    const me = viewer(request.query);
    reply.hijack();
    reply.raw.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-cache",
      connection: "keep-alive",
    });
    let scheduled: NodeJS.Timeout | undefined;
    const send = () => reply.raw.write(`event: state\ndata: ${JSON.stringify(pageState(options, me))}\n\n`);
    const soon = () => {
      scheduled ??= setTimeout(() => {
        scheduled = undefined;
        send();
      }, 20);
    };
    send();
    const unsubscribe = workspace.onChange(soon);
    const heartbeat = setInterval(soon, 5_000);
    reply.raw.on("close", () => {
      clearTimeout(scheduled);
      clearInterval(heartbeat);
      unsubscribe();
    });
  });
  server.post("/sandbox/command", async (request) =>
    people.command(withoutUndefined(bodies.command.parse(request.body))),
  );
  server.post("/sandbox/action", async (request) => people.action(withoutUndefined(bodies.action.parse(request.body))));
  server.post("/sandbox/view/submit", async (request) => people.submitView(bodies.submit.parse(request.body)));
  server.post("/sandbox/view/close", async (request) => people.closeView(bodies.close.parse(request.body)));
  server.post("/sandbox/message", async (request) => people.say(bodies.message.parse(request.body)));
  server.post("/sandbox/home", async (request) => people.openHome(withoutUndefined(bodies.home.parse(request.body))));
  server.get("/sandbox/faults", async () => faults?.states() ?? []);
  server.post<{ Params: { name: string } }>("/sandbox/faults/:name", async (request, reply) => {
    if (faults === undefined || !faults.states().some(({ name }) => name === request.params.name))
      return reply.code(404).send({ error: "no such fault" });
    return faults.set(request.params.name, bodies.fault.parse(request.body).on);
  });
  const { pageDir } = options;
  if (pageDir !== undefined) server.get("/*", async (request, reply) => sendFile(pageDir, request.url, reply));
}

type Exact<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(value: T): Exact<T> {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as Exact<T>;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".png": "image/png",
};

async function sendFile(
  directory: string,
  url: string,
  reply: { type(type: string): unknown; code(code: number): unknown },
): Promise<Buffer | string> {
  const path = normalize(decodeURIComponent(url.split("?")[0] ?? "/")).replace(/^([./\\])+/, "");
  const wanted = path === "" ? "index.html" : path;
  reply.type(types[extname(wanted)] ?? "application/octet-stream");
  return readFile(join(directory, wanted)).catch(() => {
    reply.code(404);
    reply.type("text/plain");
    return "not found";
  });
}

export function pageState({ workspace, people, commands, online }: PageOptions, me: string): PageState {
  const home = people.homeOf(me);
  const visible = workspace.messages.filter(
    (message) =>
      (message.onlyFor === undefined || message.onlyFor === me) &&
      workspace.channel(message.channel)?.members.has(me) === true,
  );
  return {
    me,
    people: workspace.people,
    channels: workspace.channels
      .filter(({ members, is_private }) => members.has(me) || !is_private)
      .map(({ id, name, is_im, members }) => ({
        id,
        name,
        is_im,
        is_member: members.has(me),
        bot_is_member: members.has(workspace.botUserId),
      })),
    groups: workspace.userGroups.map(({ id, handle }) => ({ id, handle })),
    messages: visible.map((message) => pageMessage(message, workspace)),
    modals: modalsOf(workspace, me).map(pageView),
    ...(home === undefined ? {} : { home: pageView(home) }),
    commands,
    bot_online: online(),
  };
}

function pageMessage(message: StoredMessage, workspace: Workspace): PageMessage {
  const { channel, ts, user: author, text, blocks, edited, files, thread_ts } = message;
  const reply_count = workspace.messages.filter((other) => other.thread_ts === ts && other.channel === channel).length;
  return {
    channel,
    ts,
    user: author,
    text,
    blocks,
    edited,
    files,
    reply_count,
    ephemeral: message.onlyFor !== undefined,
    ...(thread_ts === undefined ? {} : { thread_ts }),
  };
}

function pageView(view: StoredView): PageView {
  const { id, type, definition, errors } = view;
  const shared = { id, type, blocks: blocksOf(view), errors };
  if (definition.type === "home") return { ...shared, title: "" };
  const { title, submit, close } = definition;
  return {
    ...shared,
    title: title.text,
    ...(submit === undefined ? {} : { submit: submit.text }),
    ...(close === undefined ? {} : { close: close.text }),
  };
}
