import { randomBytes } from "node:crypto";
import type { Block, Channel, PageFile, Person } from "./page-api.ts";
import type { ViewDefinition } from "./view-rules.ts";

/** What an app hangs on a message for apps to read. */
export interface MessageMetadata {
  readonly event_type: string;
  readonly event_payload: Readonly<Record<string, unknown>>;
}

export interface StoredMessage {
  readonly channel: string;
  readonly ts: string;
  readonly thread_ts?: string;
  readonly user: string;
  text: string;
  blocks: readonly Block[];
  /** The only person who sees it, for an ephemeral one. */
  readonly onlyFor?: string;
  edited: boolean;
  readonly files: readonly PageFile[];
  /** The response_url it came through, which alone may replace an ephemeral one. */
  readonly responseUrl?: string;
  metadata?: MessageMetadata | undefined;
}

export interface StoredFile {
  readonly file: PageFile;
  /** Undefined until it was sent. */
  content: Buffer | undefined;
  /** An upload can be completed once. */
  completed: boolean;
}

export interface StoredView {
  readonly id: string;
  readonly user: string;
  readonly type: "modal" | "home";
  /** The view at the bottom of its stack, and the one right below. */
  readonly root: string;
  readonly previous: string | undefined;
  hash: string;
  definition: ViewDefinition;
  errors: Readonly<Record<string, string>>;
}

export interface ChannelState extends Omit<Channel, "is_member" | "bot_is_member"> {
  readonly members: Set<string>;
  readonly is_private: boolean;
}

/** Everything a workspace holds. Plain state; who may do what is the Web API's business. */
export class Workspace {
  readonly teamId = "T0SANDBOX";
  readonly botUserId = "U0BOT";
  readonly botId = "B0BOT";
  readonly appId = "A0SANDBOX";
  readonly people: readonly Person[];
  readonly channels: ChannelState[];
  readonly userGroups: readonly { readonly id: string; readonly handle: string; readonly users: readonly string[] }[];
  readonly messages: StoredMessage[] = [];
  readonly views: StoredView[] = [];
  readonly files = new Map<string, StoredFile>();
  private readonly listeners = new Set<() => void>();
  private lastTs = 0;

  constructor() {
    const person = (id: string, name: string, real_name: string, part: string, is_bot = false): Person => ({
      id,
      name,
      real_name,
      part,
      is_bot,
    });
    this.people = [
      person("U0ADA", "ada", "Ada Lovelace", "requester"),
      person("U0GRACE", "grace", "Grace Hopper", "approver"),
      person("U0LINUS", "linus", "Linus Pauling", "approver"),
      person("U0MALLORY", "mallory", "Mallory Outsider", "outsider"),
      person(this.botUserId, "dragonfly", "Dragonfly", "bot", true),
    ];
    const everyone = this.people.filter(({ is_bot }) => !is_bot).map(({ id }) => id);
    const channel = (id: string, name: string, members: readonly string[], is_private = false): ChannelState => ({
      id,
      name,
      is_im: false,
      is_private,
      members: new Set(members),
    });
    this.channels = [
      channel("C0OPS", "dragonfly-ops", [...everyone, this.botUserId]),
      channel("C0ALERTS", "dragonfly-alerts", [...everyone, this.botUserId]),
      channel("C0GENERAL", "general", everyone),
      channel("C0PRIVATE", "private-room", ["U0ADA", "U0GRACE"], true),
    ];
    this.userGroups = [{ id: "S0APPROVERS", handle: "dragonfly-approvers", users: ["U0GRACE", "U0LINUS"] }];
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  changed(): void {
    for (const listener of this.listeners) listener();
  }

  /** Timestamps are unique and grow, as in Slack. */
  nextTs(): string {
    this.lastTs = Math.max(this.lastTs + 1, Date.now() * 1_000);
    const text = String(this.lastTs);
    return `${text.slice(0, -6)}.${text.slice(-6)}`;
  }

  channel(id: string): ChannelState | undefined {
    return this.channels.find((channel) => channel.id === id || channel.name === id.replace(/^#/, ""));
  }

  /** The direct conversation between the bot and a person, made when it is first needed. */
  directChannel(user: string): ChannelState {
    const id = `D${user.slice(1)}`;
    const existing = this.channel(id);
    if (existing !== undefined) return existing;
    const made: ChannelState = {
      id,
      name: "dragonfly",
      is_im: true,
      is_private: true,
      members: new Set([user, this.botUserId]),
    };
    this.channels.push(made);
    this.changed();
    return made;
  }

  message(channel: string, ts: string): StoredMessage | undefined {
    return this.messages.find((message) => message.channel === channel && message.ts === ts);
  }

  add(
    message: Omit<StoredMessage, "ts" | "edited" | "files"> & { readonly files?: readonly PageFile[] },
  ): StoredMessage {
    const stored: StoredMessage = { files: [], ...message, ts: this.nextTs(), edited: false };
    this.messages.push(stored);
    this.changed();
    return stored;
  }

  remove(message: StoredMessage): void {
    this.messages.splice(this.messages.indexOf(message), 1);
    this.changed();
  }
}

export function randomId(prefix: string): string {
  return `${prefix}${randomBytes(6).toString("hex").toUpperCase()}`;
}
