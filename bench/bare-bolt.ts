import { createServer } from "node:http";
import { App, HTTPReceiver } from "@slack/bolt";

/** The baseline: the smallest Bolt app that answers /dragonfly and a readiness route. */
const receiver = new HTTPReceiver({
  signingSecret: process.env["SLACK_SIGNING_SECRET"] ?? "",
  endpoints: "/slack/events",
});
const app = new App({ receiver, authorize: async () => ({ botToken: process.env["SLACK_BOT_TOKEN"] ?? "" }) });
app.command("/dragonfly", async ({ ack }) => ack());
const server = createServer((request, response) => {
  if (request.url === "/readyz") response.end("{}");
  else receiver.requestListener(request, response);
});
server.listen(Number(process.env["PORT"]), "127.0.0.1");
process.once("SIGTERM", () => process.exit());
