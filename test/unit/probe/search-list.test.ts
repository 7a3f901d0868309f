import { describe, expect, it } from "vitest";
import { fullNames, parseSearchRules } from "../../../src/probe/search-list.ts";

const pod = `search shop.svc.cluster.local svc.cluster.local cluster.local
nameserver 10.96.0.10
options ndots:5
`;

describe("resolv.conf(5)", () => {
  it("as the kubelet writes it", () => {
    expect(parseSearchRules(pod)).toEqual({
      search: ["shop.svc.cluster.local", "svc.cluster.local", "cluster.local"],
      ndots: 5,
    });
  });

  it("with nothing in it: no search, one dot", () => {
    expect(parseSearchRules("")).toEqual({ search: [], ndots: 1 });
  });

  it("lets the last of search and domain count, drops comments and final dots, and limits ndots to 15", () => {
    const text =
      "domain first.test\n# search no.test\nsearch a.test. b.test ; c.test\noptions rotate ndots:99 timeout:1\n";
    expect(parseSearchRules(text)).toEqual({ search: ["a.test", "b.test"], ndots: 15 });
    expect(parseSearchRules("search a.test b.test\ndomain c.test\n").search).toEqual(["c.test"]);
  });
});

describe("a name", () => {
  const rules = parseSearchRules(pod);

  it("with fewer dots than ndots is completed first and tried as it is last", () => {
    expect(fullNames("store.dragonfly", rules)).toEqual([
      "store.dragonfly.shop.svc.cluster.local",
      "store.dragonfly.svc.cluster.local",
      "store.dragonfly.cluster.local",
      "store.dragonfly",
    ]);
  });

  it("with enough dots is tried as it is first", () => {
    expect(fullNames("a.b.c.d.e.f", rules)[0]).toBe("a.b.c.d.e.f");
    expect(fullNames("a.b.c.d.e.f", rules)).toHaveLength(4);
  });

  it("with a dot at its end is never completed", () => {
    expect(fullNames("store.", rules)).toEqual(["store"]);
  });
});
