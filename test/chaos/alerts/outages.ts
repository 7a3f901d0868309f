import { faults as storeFaults } from "../store/catalog.ts";
import type { Stage } from "./stage.ts";

/** Something that the bot needs goes away, and comes back. */
export interface Outage {
  readonly name: string;
  begin(stage: Stage): Promise<void>;
  end(stage: Stage): Promise<void>;
}

const ofStore: readonly Outage[] = storeFaults.map((fault) => ({
  name: `the store ${fault.name}`,
  begin: async ({ store }) => {
    if (fault.name.includes("older snapshot")) await store.command("SAVE");
    await fault.break(store);
  },
  end: async (stage) => {
    await fault.heal(stage.store);
    stage.tellPassword();
  },
}));

const ofSlack = (
  name: string,
  change: (faults: Stage["slack"]["faults"]) => void,
  undo: (faults: Stage["slack"]["faults"]) => void,
): Outage => ({
  name,
  begin: async ({ slack }) => change(slack.faults),
  end: async ({ slack }) => undo(slack.faults),
});

const apiAway: Outage = {
  name: "the API server away",
  begin: async ({ world }) => {
    world.infra.api.faults.unreachable = true;
  },
  end: async ({ world }) => {
    world.infra.api.faults.unreachable = false;
  },
};

const ofApi: readonly Outage[] = [
  apiAway,
  {
    name: "the API server that answers 500",
    begin: async ({ world }) => {
      world.infra.api.faults.broken = true;
    },
    end: async ({ world }) => {
      world.infra.api.faults.broken = false;
    },
  },
];

const ofBoth: Outage = {
  name: "the API server away together with the store",
  begin: async (stage) => {
    await apiAway.begin(stage);
    stage.store.kill();
  },
  end: async (stage) => {
    await stage.store.start("empty");
    await apiAway.end(stage);
  },
};

const ofSlackItself: readonly Outage[] = [
  ofSlack(
    "Slack that answers 429 to everything",
    ({ rateLimited }) => {
      for (const method of ["chat.postMessage", "chat.update", "conversations.history"]) rateLimited.set(method, 2);
    },
    ({ rateLimited }) => rateLimited.clear(),
  ),
  ofSlack(
    "Slack that answers 500",
    (faults) => {
      faults.broken = true;
    },
    (faults) => {
      faults.broken = false;
    },
  ),
  ofSlack(
    "Slack that cuts connections before it has heard",
    (faults) => {
      faults.cut = "before";
    },
    (faults) => {
      faults.cut = undefined;
    },
  ),
  ofSlack(
    "Slack that does what it is asked, and cuts the connection in place of an answer",
    (faults) => {
      faults.cut = "after";
    },
    (faults) => {
      faults.cut = undefined;
    },
  ),
];

export const outages: readonly Outage[] = [...ofStore, ...ofApi, ofBoth, ...ofSlackItself];

/** What belongs together, to be had one after the other. */
export const rows: readonly { readonly name: string; readonly row: readonly Outage[] }[] = [
  { name: "a store that goes away in every way there is", row: ofStore },
  { name: "an API server that is away, and one that answers 500", row: ofApi },
  { name: "neither an API server nor a store", row: [ofBoth] },
  { name: "a Slack that fails in every way there is", row: ofSlackItself },
];
