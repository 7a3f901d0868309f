import type { FastifyPluginAsync } from "fastify";
import type { Workspace } from "./workspace.ts";

/** The URLs that file methods hand out: one to send the bytes to, and one to read them at. */
export function fileRoutes(workspace: Workspace): FastifyPluginAsync {
  return async (server) => {
    // Whatever the bytes are said to be, they stay bytes.
    server.removeAllContentTypeParsers();
    server.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

    server.post<{ Params: { id: string } }>("/upload/:id", async (request, reply) => {
      const stored = workspace.files.get(request.params.id);
      const sent = await uploadedBytes(request.body, request.headers["content-type"] ?? "");
      if (stored === undefined || stored.completed || sent === undefined) return reply.code(404).send("not found");
      if (sent.length !== stored.file.size) return reply.code(400).send("length does not match");
      stored.content = sent;
      return reply.send(`OK - ${sent.length}`);
    });
    server.get<{ Params: { id: string } }>("/files/:id/*", async (request, reply) => {
      const stored = workspace.files.get(request.params.id);
      return stored?.content === undefined
        ? reply.code(404).send("not found")
        : reply.type(`${stored.file.mimetype}; charset=utf-8`).send(stored.content);
    });
  };
}

/** Raw bytes, or the one file of a form: Slack takes both. */
async function uploadedBytes(body: unknown, contentType: string): Promise<Buffer | undefined> {
  if (!Buffer.isBuffer(body)) return undefined;
  if (!contentType.startsWith("multipart/form-data")) return body;
  const form = await new Response(new Uint8Array(body), { headers: { "content-type": contentType } }).formData();
  for (const value of form.values())
    return typeof value === "string" ? Buffer.from(value) : Buffer.from(await value.arrayBuffer());
  return undefined;
}
