import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Scope } from "../../../sandbox/gitlab/world/accounts.ts";
import { isReal, openSubject, type Subject } from "./subject.ts";

let subject: Subject;
beforeAll(async () => {
  subject = await openSubject();
});
afterAll(() => subject.close());

const simulated = () => {
  if (subject.simulation === undefined) throw new Error("only the simulation makes tokens");
  return subject.simulation;
};

describe("tokens (https://docs.gitlab.com/api/rest/authentication/)", () => {
  it("say who one is", async () => {
    expect(await subject.call("GET", "user")).toMatchObject({
      status: 200,
      body: { id: expect.any(Number), username: expect.any(String) },
    });
  });

  it("that nobody has are 401", async () => {
    expect(await subject.call("GET", "user", undefined, "glpat-wrong")).toMatchObject({
      status: 401,
      body: { message: "401 Unauthorized" },
    });
  });

  it.skipIf(isReal)("that were revoked are 401 and say so", async () => {
    const token = simulated().createToken("dfbot", ["api"]);
    expect(await subject.call("GET", "user", undefined, token)).toMatchObject({ status: 200 });
    simulated().revoke(token);
    expect(await subject.call("GET", "user", undefined, token)).toMatchObject({
      status: 401,
      body: { error: "invalid_token" },
    });
  });

  it.skipIf(isReal)("may also stand in Authorization", async () => {
    const response = await fetch(`${simulated().url}/api/v4/user`, {
      headers: { authorization: `Bearer ${simulated().token("ada")}` },
    });
    expect(await response.json()).toMatchObject({ username: "ada" });
  });
});

describe.skipIf(isReal)(
  "scopes (https://docs.gitlab.com/user/profile/personal_access_tokens/#personal-access-token-scopes)",
  () => {
    const status = async (scopes: readonly Scope[], method: string, path: string, body?: unknown) =>
      (await subject.inProject(method, path, body, simulated().createToken("dfbot", scopes))).status;

    it("read_api reads everything and changes nothing", async () => {
      expect(await status(["read_api"], "GET", "merge_requests")).toBe(200);
      const { branch } = await subject.proposal();
      const fields = { title: "x", source_branch: branch, target_branch: subject.branch };
      const token = simulated().createToken("dfbot", ["read_api"]);
      expect(await subject.inProject("POST", "merge_requests", fields, token)).toMatchObject({
        status: 403,
        body: { error: "insufficient_scope", scope: "api" },
      });
      expect(await status(["api"], "POST", "merge_requests", fields)).toBe(201);
    });

    it("read_repository reads files, and no merge requests", async () => {
      expect(await status(["read_repository"], "GET", `repository/files/README.md?ref=${subject.branch}`)).toBe(200);
      expect(await status(["read_repository"], "GET", "merge_requests")).toBe(403);
      expect(await status(["read_user"], "GET", "repository/tree")).toBe(403);
    });
  },
);

describe("the project", () => {
  it("is found by its number as well as by its path", async () => {
    const { body } = await subject.inProject("GET", "");
    expect(body).toMatchObject({ default_branch: subject.branch });
    const { id } = Object(body);
    expect(await subject.call("GET", `projects/${id}`)).toMatchObject({ status: 200, body: { id } });
  });

  it("that is not there, and one that may not be seen, are the same 404", async () => {
    const missing = { status: 404, body: { message: "404 Project Not Found" } };
    expect(await subject.call("GET", "projects/no-such%2Fproject")).toMatchObject(missing);
    if (isReal) return;
    expect(await subject.inProject("GET", "", undefined, simulated().token("mallory"))).toMatchObject(missing);
    expect(await subject.inProject("GET", "merge_requests", undefined, simulated().token("mallory"))).toMatchObject(
      missing,
    );
  });
});

describe("users (https://docs.gitlab.com/api/users/)", () => {
  it("are found by user name, whatever its case; nobody is an empty list", async () => {
    const { username } = Object((await subject.call("GET", "user")).body);
    expect(await subject.call("GET", `users?username=${String(username).toUpperCase()}`)).toMatchObject({
      status: 200,
      body: [{ username }],
    });
    expect(await subject.call("GET", "users?username=nobody-has-this-name-here")).toMatchObject({
      status: 200,
      body: [],
    });
  });
});
