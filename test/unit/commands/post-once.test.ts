import { describe, expect, it } from "vitest";
import { claimPost, type PostNote, type PostOnce, postOnce } from "../../../src/commands/delivery/post-once.ts";
import type { Sender } from "../../../src/commands/delivery/sender.ts";

const start = Date.parse("2026-01-02T12:00:00Z");

/** Processes that share a note and a channel; each step takes a turn, so that they come between each other. */
function world(options: { readonly mayRead?: boolean } = {}) {
  const channel: string[] = [];
  let note: PostNote = {};
  let at = start;
  let fails = 0;
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const sender: Sender = {
    post: async () => Promise.reject(new Error("not used")),
    postIf: async (name, message, sending) => {
      const wanted = await message();
      if (wanted === undefined) return undefined;
      await turn();
      channel.push(sending?.mark ?? "");
      // It was posted, and nobody hears of it.
      if (fails > 0) {
        fails -= 1;
        throw new Error("the answer was lost");
      }
      return { channel: name, ts: String(channel.length) };
    },
    find: async (name, mark) => {
      const found = options.mayRead === false ? -1 : channel.indexOf(mark);
      return found === -1 ? undefined : { channel: name, ts: String(found + 1) };
    },
    update: async () => undefined,
  };
  const once: PostOnce = {
    sender,
    now: () => new Date(at),
    channel: "C1",
    mark: "m",
    note: async (edit) => {
      await turn();
      note = edit(note) ?? note;
    },
    message: () => ({ text: "once" }),
  };
  return {
    once,
    channel,
    note: () => note,
    later: (seconds: number) => {
      at += seconds * 1_000;
    },
    loseAnswers: (count: number) => {
      fails = count;
    },
  };
}

describe("a message that there must be one of", () => {
  it("is posted by one of many who try at once", async () => {
    const { once, channel, note } = world();
    await Promise.all(Array.from({ length: 10 }, () => postOnce(once)));
    await postOnce(once);
    expect([channel.length, note().ts]).toEqual([1, "1"]);
  });

  it("is left to who is at it, and taken over when nothing was heard of them", async () => {
    const { once, channel, later } = world();
    expect(await claimPost(once)).toBeDefined();
    later(10);
    expect(await postOnce(once)).toBeUndefined();
    later(11);
    expect(await postOnce(once)).toEqual({ channel: "C1", ts: "1" });
    expect(channel).toEqual(["m"]);
  });

  it("is found, not posted again, when its answer was lost", async () => {
    const { once, channel, later, loseAnswers, note } = world();
    loseAnswers(1);
    await expect(postOnce(once)).rejects.toThrow("lost");
    later(21);
    expect(await postOnce(once)).toEqual({ channel: "C1", ts: "1" });
    expect([channel.length, note().ts]).toEqual([1, "1"]);
  });

  it("comes twice then where the channel may not be read: better than never", async () => {
    const { once, channel, later, loseAnswers } = world({ mayRead: false });
    loseAnswers(1);
    await expect(postOnce(once)).rejects.toThrow("lost");
    later(21);
    await postOnce(once);
    expect(channel).toHaveLength(2);
  });

  it("is posted by who holds the right to it, however long they prepared it, unless somebody else took it", async () => {
    const { once, channel, later } = world();
    const held = await claimPost(once);
    later(30);
    expect(await postOnce(once, held)).toBeDefined();
    expect(channel).toHaveLength(1);

    const other = world();
    const late = await claimPost(other.once);
    other.later(30);
    await postOnce(other.once);
    expect(await postOnce(other.once, late)).toBeUndefined();
    expect(other.channel).toHaveLength(1);
  });
});
