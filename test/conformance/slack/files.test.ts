import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSubject, real, type Subject } from "./subject.ts";

let subject: Subject;
beforeEach(async () => {
  subject = await openSubject();
});
afterEach(() => subject.close());

const simulated = () => {
  if (subject.simulation === undefined) throw new Error("only the simulation shows its messages");
  return subject.simulation;
};
const bytes = "- a\n+ b\n";
/** The first two steps; the id of a file that waits to be completed. */
const sent = async (content = bytes, headers: Record<string, string> = {}) => {
  const { client } = subject;
  const { upload_url = "", file_id = "" } = await client.files.getUploadURLExternal({
    filename: "plan.diff",
    length: Buffer.byteLength(content),
  });
  const upload = await fetch(upload_url, { method: "POST", body: content, headers });
  expect(upload.status).toBe(200);
  return file_id;
};
const message = async (text = "with a file", more: object = {}) => {
  const { ts = "" } = await subject.client.chat.postMessage({ channel: subject.channel, text, ...more });
  return ts;
};
const complete = (id: string, more: object = {}) =>
  subject.error((client) =>
    client.apiCall("files.completeUploadExternal", { files: [{ id, title: "The plan" }], ...more }),
  );

describe("files.getUploadURLExternal (https://docs.slack.dev/reference/methods/files.getUploadURLExternal#errors)", () => {
  const ask = (more: object) => subject.error((client) => client.apiCall("files.getUploadURLExternal", { ...more }));

  it("needs a name and a length, and says of nothing at all missing_argument", async () => {
    expect(await ask({ length: 3 })).toBe("invalid_arguments");
    expect(await ask({ filename: "a.txt" })).toBe("invalid_arguments");
    expect(await ask({ filename: "a.txt", length: 0 })).toBe("missing_argument");
    expect(await ask({ filename: "a.txt", length: 3 })).toBe("no error");
  });

  it("knows its snippet types, and takes at most 1 MB of one", async () => {
    expect(await ask({ filename: "a.txt", length: 3, snippet_type: "klingon" })).toBe("unknown_snippet_type");
    expect(await ask({ filename: "a.diff", length: 2_000_000, snippet_type: "diff" })).toBe("snippet_too_large");
  });

  it("reads a form or a query and no JSON body (Octember/earshot#10)", async () => {
    const url = `${subject.client.slackApiUrl}files.getUploadURLExternal`;
    const authorization = `Bearer ${subject.client.token}`;
    const asked = await fetch(`${url}?filename=a.txt&length=3`, { headers: { authorization } });
    expect(await asked.json()).toMatchObject({ ok: true, upload_url: expect.any(String), file_id: expect.any(String) });
    const json = await fetch(url, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify({ filename: "a.txt", length: 3 }),
    });
    expect(await json.json()).toMatchObject({ ok: false, error: "invalid_arguments" });
  });

  it.skipIf(real)("needs files:write, as completing does", async () => {
    await subject.close();
    subject = await openSubject(["chat:write"]);
    expect(await ask({ filename: "a.txt", length: 3 })).toBe("missing_scope");
    expect(await complete("F0NONE")).toBe("missing_scope");
  });
});

describe("the upload URL (https://docs.slack.dev/messaging/working-with-files#upload)", () => {
  it.each([undefined, "text/plain", "application/json", "application/x-www-form-urlencoded"])(
    "takes raw bytes, whatever they are said to be: %s",
    async (type) => {
      const id = await sent(bytes, type === undefined ? {} : { "content-type": type });
      expect(await complete(id)).toBe("no error");
    },
  );

  it("takes a form with one file", async () => {
    const { upload_url = "", file_id = "" } = await subject.client.files.getUploadURLExternal({
      filename: "plan.diff",
      length: bytes.length,
    });
    const form = new FormData();
    form.append("filename", new Blob([bytes]), "plan.diff");
    expect((await fetch(upload_url, { method: "POST", body: form })).status).toBe(200);
    expect(await complete(file_id)).toBe("no error");
  });
});

describe("files.completeUploadExternal (https://docs.slack.dev/reference/methods/files.completeUploadExternal#errors)", () => {
  it("puts the file into the thread, under its comment, a little later", async () => {
    const ts = await message();
    const uploaded = await subject.client.filesUploadV2({
      channel_id: subject.channel,
      thread_ts: ts,
      filename: "plan.diff",
      initial_comment: "The whole plan",
      content: bytes,
    });
    expect(uploaded.ok).toBe(true);
    if (subject.simulation === undefined) return;
    const reply = () => simulated().workspace.messages.find(({ thread_ts }) => thread_ts === ts);
    // Files are processed asynchronously: the answer comes before the message (slackapi/node-slack-sdk#1865).
    expect(reply()).toBeUndefined();
    await expect.poll(reply).toMatchObject({
      text: "The whole plan",
      files: [{ name: "plan.diff", size: bytes.length, mimetype: "text/plain", preview: bytes }],
    });
    const [file] = reply()?.files ?? [];
    expect(await (await fetch(`${simulated().origin}${file?.url}`)).text()).toBe(bytes);
  });

  it("knows no file that was never sent, and completes each once", async () => {
    expect(await complete("F0NONE", { channel_id: subject.channel })).toBe("file_not_found");
    const { file_id = "" } = await subject.client.files.getUploadURLExternal({ filename: "a.txt", length: 3 });
    expect(await complete(file_id, { channel_id: subject.channel })).toBe("file_not_found");
    const id = await sent();
    expect(await complete(id)).toBe("no error");
    expect(await complete(id)).toBe("file_not_found");
  });

  it("takes the id of a channel only: no name, and no person (bolt-js#2115)", async () => {
    const id = await sent();
    expect(await complete(id, { channel_id: "dragonfly-ops" })).toBe("invalid_arguments");
    expect(await complete(id, { channel_id: "U0ADA" })).toBe("invalid_arguments");
    expect(await complete(id, { channel_id: "C0NOWHERE" })).toBe("channel_not_found");
    expect(await complete(id, { channel_id: subject.channel })).toBe("no error");
  });

  it.skipIf(real)("needs the bot in the channel, and sees no private one without it", async () => {
    const id = await sent();
    expect(await complete(id, { channel_id: "C0GENERAL" })).toBe("not_in_channel");
    expect(await complete(id, { channel_id: "C0PRIVATE" })).toBe("channel_not_found");
  });

  it.skipIf(real)("hangs a file on the first message of a thread only (thread_ts: never a reply's)", async () => {
    const id = await sent();
    const parent = await message();
    const reply = await message("a reply", { thread_ts: parent });
    expect(await complete(id, { channel_id: subject.channel, thread_ts: reply })).toBe("invalid_arguments");
    expect(await complete(id, { channel_id: subject.channel, thread_ts: "1.000001" })).toBe("invalid_arguments");
    expect(await complete(id, { channel_id: subject.channel, thread_ts: parent })).toBe("no error");
  });

  it.skipIf(real)("keeps a file private without a channel", async () => {
    const before = simulated().workspace.messages.length;
    expect(await complete(await sent())).toBe("no error");
    // A message would have come by the time that this one, which is sent later, has.
    const ts = await message();
    expect(await complete(await sent(), { channel_id: subject.channel, thread_ts: ts })).toBe("no error");
    await expect.poll(() => simulated().workspace.messages.length).toBe(before + 2);
  });
});
