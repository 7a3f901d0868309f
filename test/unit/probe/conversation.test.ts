import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeReply, type RespValue } from "../../../sandbox/dragonfly/resp.ts";
import { summarise } from "../../../src/probe/latency.ts";
import { encodeCommand, parseReply } from "../../../src/probe/resp.ts";

describe("the protocol", () => {
  const text = fc.string({ unit: "binary", maxLength: 30 });

  it("reads the replies of others, and only when they are whole", () => {
    const { tree } = fc.letrec<{ tree: RespValue }>((tie) => ({
      tree: fc.oneof(
        { depthSize: "small" },
        text,
        fc.integer(),
        fc.constant(null),
        fc.array(tie("tree"), { maxLength: 4 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const bytes = Buffer.from(encodeReply(value));
        expect(parseReply(bytes)).toEqual({ reply: value, end: bytes.length });
        for (let size = 0; size < bytes.length; size++) expect(parseReply(bytes.subarray(0, size))).toBeUndefined();
      }),
    );
  });

  it("takes an error for an answer", () => {
    expect(parseReply(Buffer.from("-NOAUTH Authentication required.\r\n"))).toEqual({
      reply: { error: "NOAUTH Authentication required." },
      end: 34,
    });
  });

  it.each(["HTTP/1.1 400 Bad Request\r\n", "\x15\x03\x01\x00\x02\x02\x28", "SSH-2.0-x\r\n", "$x\r\n"])(
    "refuses %j",
    (bytes) => {
      expect(() => parseReply(Buffer.from(bytes, "latin1"))).toThrow();
    },
  );

  it("counts bytes, not characters", () => {
    expect(encodeCommand(["AUTH", "pässword"])).toBe("*2\r\n$4\r\nAUTH\r\n$9\r\npässword\r\n");
  });
});

describe("percentiles", () => {
  it("are of the nearest rank", () => {
    const times = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(summarise(times)).toEqual({ pings: 100, p50Ms: 50, p90Ms: 90, p99Ms: 99, maxMs: 100 });
    expect(summarise([7])).toEqual({ pings: 1, p50Ms: 7, p90Ms: 7, p99Ms: 7, maxMs: 7 });
  });
});
