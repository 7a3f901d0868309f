import { readFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { extname, join } from "node:path";
import Fastify from "fastify";
import { z } from "zod";
import { buildPage } from "../../../sandbox/page/build.ts";
import type {
  Channel,
  FaultState,
  Outcome,
  PageMessage,
  PageState,
  PageView,
} from "../../../sandbox/slack/page-api.ts";

export const ada = "U0ADA";
export const grace = "U0GRACE";
export const mallory = "U0MALLORY";
export const bot = "U0BOT";
export const ops = "C0OPS";
export const alerts = "C0ALERTS";

/** A message, and for whom it is if not for all. */
export type Said = PageMessage & { readonly onlyFor?: string };

const input = {
  say: z.object({ user: z.string(), channel: z.string(), text: z.string(), thread_ts: z.string().optional() }),
  action: z.looseObject({
    user: z.string(),
    block_id: z.string(),
    action_id: z.string(),
    value: z.string().optional(),
  }),
  submit: z.object({
    user: z.string(),
    view_id: z.string(),
    values: z.record(z.string(), z.record(z.string(), z.looseObject({ type: z.string() }))),
  }),
  close: z.object({ user: z.string(), view_id: z.string() }),
  home: z.object({ user: z.string() }),
  fault: z.object({ on: z.boolean() }),
};
type Inputs = { readonly [K in keyof typeof input]: z.infer<(typeof input)[K]> };

type Answer = Outcome | Promise<Outcome>;

/** The server side of the page's contract, scripted by a test. */
export interface MockSlack {
  readonly origin: string;
  readonly messages: Said[];
  readonly modals: Map<string, PageView[]>;
  readonly homes: Map<string, PageView>;
  faults: FaultState[];
  online: boolean;
  /** What the bot does; each test sets what it needs. */
  onCommand: (asked: Inputs["say"]) => Answer;
  onAction: (action: Inputs["action"]) => Answer;
  onSubmit: (submitted: Inputs["submit"]) => Answer;
  /** Runs while a fault is being switched. */
  onFault: (name: string) => Promise<void>;
  readonly actions: Inputs["action"][];
  readonly submitted: Inputs["submit"][];
  /** How many streams were asked for while they were refused. */
  refusals: number;
  say(message: Partial<Said>): Said;
  /** Shows everybody the state as it is now. */
  changed(): void;
  /** Ends every open stream, and refuses new ones until told otherwise. */
  refuseStreams(refuse: boolean): void;
  reset(): void;
  stop(): Promise<void>;
}

export async function startMockSlack(): Promise<MockSlack> {
  const dist = await buildPage();
  const server = Fastify({ forceCloseConnections: true });
  const streams = new Map<ServerResponse, string>();
  let refusing = false;
  let ticks = 0;
  const started = Math.floor(Date.now() / 1_000) - 600;

  const mock: MockSlack = {
    origin: "",
    messages: [],
    modals: new Map(),
    homes: new Map(),
    faults: [],
    online: true,
    actions: [],
    submitted: [],
    refusals: 0,
    ...scripts(),
    say(message) {
      ticks += 1;
      const said: Said = {
        channel: ops,
        ts: `${started + ticks}.000100`,
        user: bot,
        text: "",
        blocks: [],
        ephemeral: message.onlyFor !== undefined,
        edited: false,
        files: [],
        reply_count: 0,
        ...message,
      };
      mock.messages.push(said);
      mock.changed();
      return said;
    },
    changed() {
      for (const [stream, user] of streams) send(stream, user);
    },
    refuseStreams(refuse) {
      refusing = refuse;
      if (!refuse) return;
      for (const stream of streams.keys()) stream.end();
      streams.clear();
    },
    reset() {
      mock.messages.length = 0;
      mock.modals.clear();
      mock.homes.clear();
      mock.actions.length = 0;
      mock.submitted.length = 0;
      mock.online = true;
      mock.refusals = 0;
      mock.faults = faults();
      refusing = false;
      Object.assign(mock, scripts());
      mock.changed();
    },
    stop: () => server.close(),
  };
  mock.faults = faults();

  const send = (stream: ServerResponse, user: string) =>
    stream.write(`event: state\ndata: ${JSON.stringify(stateFor(mock, user))}\n\n`);
  const viewer = (query: unknown) => z.object({ user: z.string() }).parse(query).user;

  server.get("/sandbox/state", async (request) => stateFor(mock, viewer(request.query)));
  server.get("/sandbox/events", (request, reply) => {
    if (refusing) {
      mock.refusals += 1;
      void reply.code(503).send({ error: "restarting" });
      return;
    }
    const user = viewer(request.query);
    reply.hijack();
    reply.raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    streams.set(reply.raw, user);
    reply.raw.on("close", () => streams.delete(reply.raw));
    send(reply.raw, user);
  });
  server.post("/sandbox/command", async (request) => mock.onCommand(input.say.parse(request.body)));
  server.post("/sandbox/message", async (request) => {
    const { user, channel, text, thread_ts } = input.say.parse(request.body);
    mock.say({ user, channel, text, ...(thread_ts === undefined ? {} : { thread_ts }) });
    return { ok: true };
  });
  server.post("/sandbox/action", async (request) => {
    const action = input.action.parse(request.body);
    mock.actions.push(action);
    return mock.onAction(action);
  });
  server.post("/sandbox/view/submit", async (request) => {
    const submitted = input.submit.parse(request.body);
    mock.submitted.push(submitted);
    return mock.onSubmit(submitted);
  });
  server.post("/sandbox/view/close", async (request) => {
    const { user, view_id } = input.close.parse(request.body);
    mock.modals.set(
      user,
      (mock.modals.get(user) ?? []).filter(({ id }) => id !== view_id),
    );
    mock.changed();
    return { ok: true };
  });
  server.post("/sandbox/home", async (request) => {
    input.home.parse(request.body);
    return { ok: true };
  });
  server.get("/sandbox/faults", async () => mock.faults);
  server.post<{ Params: { name: string } }>("/sandbox/faults/:name", async (request, reply) => {
    const { name } = request.params;
    const { on } = input.fault.parse(request.body);
    try {
      await mock.onFault(name);
    } catch (error) {
      return reply.code(500).send({ error: "Internal Server Error", message: String(error) });
    }
    mock.faults = mock.faults.map((fault) => (fault.name === name ? { ...fault, on } : fault));
    return mock.faults;
  });
  server.get("/files/chart.svg", async (_request, reply) => reply.type("image/svg+xml").send(chart));
  server.get("/*", async (request, reply) => {
    const path = new URL(request.url, "http://page").pathname;
    reply.type(types[extname(path)] ?? "text/html; charset=utf-8");
    return readFile(join(dist, path === "/" ? "index.html" : path));
  });
  const origin = await server.listen({ host: "127.0.0.1", port: 0 });
  return Object.assign(mock, { origin });
}

function scripts(): Pick<MockSlack, "onCommand" | "onAction" | "onSubmit" | "onFault"> {
  return {
    onCommand: () => ({ ok: true }),
    onAction: () => ({ ok: true }),
    onSubmit: () => ({ ok: true }),
    onFault: () => Promise.resolve(),
  };
}

function stateFor(mock: MockSlack, me: string): PageState {
  const person = (id: string, name: string, real_name: string, part: string, is_bot = false) => ({
    id,
    name,
    real_name,
    part,
    is_bot,
  });
  const channel = (id: string, name: string, more: Partial<Channel> = {}): Channel => ({
    id,
    name,
    is_im: false,
    is_member: true,
    bot_is_member: true,
    ...more,
  });
  const home = mock.homes.get(me);
  return {
    me,
    people: [
      person(ada, "ada", "Ada Lovelace", "requester"),
      person(grace, "grace", "Grace Hopper", "approver"),
      person(mallory, "mallory", "Mallory Outsider", "outsider"),
      person(bot, "dragonfly", "Dragonfly", "bot", true),
    ],
    channels: [
      channel(ops, "dragonfly-ops"),
      channel(alerts, "dragonfly-alerts"),
      channel("C0GENERAL", "general", { bot_is_member: false }),
      channel("C0SECRET", "not-for-you", { is_member: false }),
      channel(`D${me.slice(1)}`, "dragonfly", { is_im: true }),
    ],
    messages: mock.messages
      .filter(({ onlyFor }) => onlyFor === undefined || onlyFor === me)
      .map(({ onlyFor: _, ...message }) => ({
        ...message,
        reply_count: mock.messages.filter(({ thread_ts }) => thread_ts === message.ts).length,
      })),
    modals: mock.modals.get(me) ?? [],
    ...(home === undefined ? {} : { home }),
    commands: [
      {
        command: "/dragonfly",
        description: "Ask about the Dragonfly cluster",
        usage_hint: "status | role | runbooks | run | help",
      },
    ],
    bot_online: mock.online,
    groups: [],
  };
}

function faults(): FaultState[] {
  const fault = (name: string, title: string, description: string) => ({ name, title, description, on: false });
  return [
    fault("stop-primary", "Stop the primary", "The primary's container crashes and keeps crashing."),
    fault("break-link", "Break a replica's link", "One replica can no longer reach the primary: it serves old data."),
    fault("fill-memory", "Fill the memory", "Real data is written until the primary is 93% full."),
    fault("delete-pdb", "Delete the PodDisruptionBudget", "A drain may take all pods at once."),
    fault("slow-api", "The API server is slow", "Every answer of cluster apps takes eight seconds."),
  ];
}

const types: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".woff2": "font/woff2",
};

const chart = `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="160" viewBox="0 0 480 160"><rect width="480" height="160" fill="#fff"/><polyline points="10,120 90,110 170,118 250,60 330,66 410,30 470,34" fill="none" stroke="#1264a3" stroke-width="3"/></svg>`;
