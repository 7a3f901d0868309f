import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { inspect } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { createGit } from "../../../src/git/git.ts";
import type { RequestLimits } from "../../../src/git/request.ts";

const token = "glpat-never-to-be-seen";
const sha = "a".repeat(40);
const limits: RequestLimits = { readTimeoutMs: 20_000, writeTimeoutMs: 20_000, waitAtMostMs: 1_500, pauseMs: 5 };
/** For a host that does not answer. */
const soon: RequestLimits = { ...limits, readTimeoutMs: 200 };
const commit = {
  id: sha,
  parent_ids: [],
  message: "First",
  author_name: "Ada",
  author_email: "ada@example.com",
  committed_date: "2026-11-28T10:00:00.000+02:00",
};
const branch = { name: "main", commit };

type Handler = (request: IncomingMessage, response: ServerResponse, n: number) => void;

/** A host that handles the requests of one test, counted from 1. */
async function host(handle: Handler, given = limits) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    handle(request, response, seen.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  return { url, seen, ...createGit({ url, project: "platform/gitops", token, approverToken: undefined }, given) };
}

const json = (response: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}) =>
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
const signal = () => AbortSignal.timeout(8_000);

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.unreachable("it should have failed"),
    (error: unknown) => error,
  );
}

describe("a read", () => {
  it("carries the token in a header, and names the project in one piece", async () => {
    let header: unknown;
    const { reader, seen } = await host((request, response) => {
      header = request.headers["private-token"];
      json(response, branch);
    });
    expect(await reader.head("feature/a b", signal())).toBe(sha);
    expect(header).toBe(token);
    expect(seen).toEqual(["GET /api/v4/projects/platform%2Fgitops/repository/branches/feature%2Fa%20b"]);
  });

  it.each([500, 502, 503, 504])("is tried again after a %i, and not a fourth time", async (status) => {
    const mended = await host((_, response, n) => (n < 3 ? json(response, {}, status) : json(response, branch)));
    expect(await mended.reader.head("main", signal())).toBe(sha);
    const broken = await host((_, response) => json(response, { message: "out of order" }, status));
    await expect(broken.reader.head("main", signal())).rejects.toMatchObject({
      code: "git.server-error",
      message: expect.stringContaining("out of order"),
    });
    expect(broken.seen).toHaveLength(3);
  });

  it("is tried again when the connection breaks before or within the answer", async () => {
    const { reader, seen } = await host((request, response, n) => {
      if (n === 1) return void request.socket.destroy();
      if (n > 2) return void json(response, branch);
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"name":');
      setTimeout(() => response.destroy(), 20);
    });
    expect(await reader.head("main", signal())).toBe(sha);
    expect(seen).toHaveLength(3);
  });

  it("that hangs is given up, each attempt in its own time", async () => {
    const { reader, seen } = await host(() => undefined, soon);
    await expect(reader.head("main", signal())).rejects.toMatchObject({ code: "git.timeout" });
    expect(seen).toHaveLength(3);
  });

  it("that hangs in the middle of its body is given up too", async () => {
    const { reader } = await host((_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write("{");
    }, soon);
    await expect(reader.head("main", signal())).rejects.toMatchObject({ code: "git.timeout" });
  });

  it("stops at once when its signal aborts, with the signal's reason", async () => {
    const { reader, seen } = await host(() => undefined);
    const stop = new AbortController();
    const began = performance.now();
    const reading = failureOf(reader.head("main", stop.signal));
    setTimeout(() => stop.abort(new Error("enough")), 50);
    expect(String(await reading)).toContain("enough");
    expect(performance.now() - began).toBeLessThan(limits.readTimeoutMs / 2);
    expect(seen).toHaveLength(1);
    await expect(reader.head("main", stop.signal)).rejects.toThrow("enough");
    expect(seen).toHaveLength(1);
  });

  it.each([
    [401, "git.unauthorized"],
    [403, "git.forbidden"],
    [404, "git.not-found"],
    [400, "git.refused"],
    [422, "git.refused"],
  ])("answered %i is not tried again: %s", async (status, code) => {
    const { reader, seen } = await host((_, response) => json(response, { message: "No Such Thing" }, status));
    await expect(reader.commit(sha, signal())).rejects.toMatchObject({ code });
    expect(seen).toHaveLength(1);
  });

  it("tells a branch that is not there from a project that is not there", async () => {
    const answer =
      (message: string): Handler =>
      (_, response) =>
        json(response, { message }, 404);
    expect(await (await host(answer("404 Branch Not Found"))).reader.head("x", signal())).toBeUndefined();
    await expect((await host(answer("404 Project Not Found"))).reader.head("x", signal())).rejects.toMatchObject({
      code: "git.not-found",
    });
  });

  it.each([
    ["a page of a proxy", "<html>Sign in</html>"],
    ["nothing", ""],
    ["a number", "7"],
    ["other JSON", '{"name":"main"}'],
    ["a commit that is none", JSON.stringify({ ...branch, commit: { ...commit, id: "../x" } })],
  ])("answered with %s is said to be so", async (_what, body) => {
    const { reader, seen } = await host((_, response) => response.writeHead(200).end(body));
    await expect(reader.head("main", signal())).rejects.toMatchObject({ code: "git.bad-answer" });
    expect(seen).toHaveLength(1);
  });

  it("does not follow a redirect, which would take the token along", async () => {
    let stolen: unknown;
    const other = await host((request, response) => {
      stolen = request.headers["private-token"];
      json(response, branch);
    });
    const { reader } = await host((_, response) => response.writeHead(302, { location: other.url }).end());
    await expect(reader.head("main", signal())).rejects.toMatchObject({
      code: "git.refused",
      next: expect.stringContaining("GITLAB_URL"),
    });
    expect(stolen).toBeUndefined();
  });

  it("of lists goes on to the last page", async () => {
    const { reader, url, seen } = await host((request, response) => {
      const page = Number(new URL(request.url ?? "", "http://x").searchParams.get("page") ?? 1);
      const next = `${url}/api/v4/projects/platform%2Fgitops/merge_requests/7/commits?page=${page + 1}&per_page=100`;
      const headers: Record<string, string> = page < 3 ? { link: `<${next}>; rel="next"` } : {};
      json(response, [{ ...commit, message: String(page) }], 200, headers);
    });
    const commits = await reader.mergeRequestCommits(7, signal());
    expect(commits.map(({ message }) => message)).toEqual(["3", "2", "1"]);
    expect(commits[0]?.at).toBe("2026-11-28T08:00:00.000Z");
    expect(seen).toHaveLength(3);
  });
});

describe("when GitLab asks to slow down", () => {
  it("a short Retry-After is waited for, by everything that uses the token", async () => {
    const times: number[] = [];
    const { reader } = await host((_, response, n) => {
      times.push(performance.now());
      if (n === 1) return json(response, {}, 429, { "retry-after": "1" });
      return json(response, branch);
    });
    const first = reader.head("main", signal());
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await Promise.all([first, reader.head("main", signal())])).toEqual([sha, sha]);
    expect(Math.min(...times.slice(1)) - (times[0] ?? 0)).toBeGreaterThan(950);
  });

  it.each<readonly [string, () => Record<string, string>]>([
    ["Retry-After in seconds", () => ({ "retry-after": "60" })],
    ["Retry-After as a date", () => ({ "retry-after": new Date(Date.now() + 60_000).toUTCString() })],
    ["RateLimit-Reset", () => ({ "ratelimit-reset": String(Math.ceil(Date.now() / 1_000) + 60) })],
  ])("a long wait by %s is an error with its time, and nothing more is asked until then", async (_what, headers) => {
    const { reader, seen } = await host((_, response) => json(response, {}, 429, headers()));
    const error = await failureOf(reader.head("main", signal()));
    expect(error).toMatchObject({ code: "git.rate-limited" });
    const until = Date.parse(/until (\S+)/.exec(String(error))?.[1] ?? "");
    expect(until - Date.now()).toBeGreaterThan(50_000);
    expect(until - Date.now()).toBeLessThan(62_000);
    await expect(reader.commit(sha, signal())).rejects.toMatchObject({ code: "git.rate-limited" });
    expect(seen).toHaveLength(1);
  });

  it("what is left of the limit counts before it is used up, by GitLab's clock", async () => {
    const { reader, seen } = await host((_, response) =>
      json(response, branch, 200, {
        date: "Sat, 28 Nov 2020 10:00:00 GMT",
        "ratelimit-remaining": "0",
        "ratelimit-reset": String(Date.parse("2020-11-28T10:01:00Z") / 1_000),
      }),
    );
    expect(await reader.head("main", signal())).toBe(sha);
    await expect(reader.head("main", signal())).rejects.toMatchObject({ code: "git.rate-limited" });
    expect(seen).toHaveLength(1);
  });
});

describe("the token", () => {
  const everything = (error: unknown) => inspect(error, { depth: 10, showHidden: true });

  it.each<readonly [string, Handler]>([
    ["a refusal that quotes it", (_, response) => json(response, { message: `token ${token} is revoked` }, 400)],
    ["a 401", (_, response) => json(response, { error: token }, 401)],
    ["a 500 that quotes it", (_, response) => json(response, { message: [token] }, 500)],
    ["an answer that is none", (_, response) => response.end(token)],
    ["a broken connection", (request) => request.socket.destroy()],
    ["no answer", () => undefined],
  ])("is in no part of the error of %s", async (_what, handle) => {
    const { reader } = await host(handle, soon);
    const error = await failureOf(reader.head("main", signal()));
    expect(error).toMatchObject({ code: expect.stringMatching(/^git\./), next: expect.stringMatching(/\w/) });
    expect(everything(error)).not.toContain(token);
  });

  it("that no header can carry is said to be so, without being shown", async () => {
    const odd = `${token}\nx`;
    const settings = { url: "http://127.0.0.1:1", project: "1", token: odd, approverToken: undefined };
    const error = await failureOf(createGit(settings, limits).reader.head("main", signal()));
    expect(error).toMatchObject({ code: "git.unauthorized", next: expect.stringContaining("GITLAB_TOKEN") });
    expect(everything(error)).not.toContain(token);
  });
});

it("a host that is not there cannot be reached, and says with what code", async () => {
  const settings = { url: "http://127.0.0.1:1", project: "1", token, approverToken: undefined };
  await expect(createGit(settings, limits).reader.head("main", signal())).rejects.toMatchObject({
    code: "git.unreachable",
    next: expect.stringContaining("GITLAB_URL"),
  });
});

it.each([
  ["https://gitlab.example.com", "platform/gitops", `https://gitlab.example.com/platform/gitops/-/commit/${sha}`],
  ["https://example.com/gitlab/", "platform/gitops", `https://example.com/gitlab/platform/gitops/-/commit/${sha}`],
  ["https://gitlab.example.com", "42", "https://gitlab.example.com/projects/42"],
])("a commit at %s of project %s is shown at %s", (url, project, shown) => {
  expect(createGit({ url, project, token, approverToken: undefined }).reader.commitUrl(sha)).toBe(shown);
});
