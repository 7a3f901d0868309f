import type { FaultyStore } from "./redis.ts";

/** A way in which the store dies, and how it comes back. */
export interface Fault {
  readonly name: string;
  /** What the bot says of it. */
  readonly words: RegExp;
  break(store: FaultyStore): Promise<void>;
  heal(store: FaultyStore): Promise<void>;
}

export const faults: readonly Fault[] = [
  {
    name: "killed, and back empty",
    words: /does not answer/,
    break: async (store) => store.kill(),
    heal: (store) => store.start("empty"),
  },
  {
    name: "killed, and back with an older snapshot",
    words: /does not answer/,
    break: async (store) => store.kill(),
    heal: (store) => store.start("kept"),
  },
  {
    name: "stopped in its tracks",
    words: /takes connections and does not answer/,
    break: async (store) => store.signal("SIGSTOP"),
    heal: async (store) => store.signal("SIGCONT"),
  },
  {
    name: "behind a way that swallows everything, and then opens for new connections only",
    words: /takes connections and does not answer/,
    break: async (store) => {
      store.way.mode = "blackhole";
    },
    heal: async (store) => {
      store.way.mode = "open";
    },
  },
  {
    name: "behind a way that refuses",
    words: /does not answer/,
    break: async (store) => {
      store.way.mode = "refused";
      store.cut();
    },
    heal: async (store) => {
      store.way.mode = "open";
    },
  },
  {
    name: "demoted to a replica under live connections",
    words: /leads to a replica/,
    break: async (store) => void (await store.command("REPLICAOF", "127.0.0.1", "1")),
    heal: async (store) => void (await store.command("REPLICAOF", "NO", "ONE")),
  },
  {
    name: "out of memory",
    words: /out of memory/,
    break: async (store) => void (await store.command("CONFIG", "SET", "maxmemory", "1")),
    heal: async (store) => void (await store.command("CONFIG", "SET", "maxmemory", "0")),
  },
  {
    name: "with another password, which the bot is told of later",
    words: /refuses the bot's password/,
    break: async (store) => {
      await store.setPassword("fake-password", false);
      store.cut();
    },
    heal: (store) => store.setPassword("fake-password", true),
  },
];
