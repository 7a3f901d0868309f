import { createServer } from "node:http";
import { expect, it, onTestFinished } from "vitest";
import { createMetricsReader } from "../../../src/metrics/reader.ts";

/** A metrics store that gives this answer to every query. */
async function answering(status: number, body: string, delayMs = 0): Promise<string> {
  const server = createServer(
    (_request, response) => void setTimeout(() => response.writeHead(status).end(body), delayMs),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/`;
}

const query = (url: string | undefined, signal = AbortSignal.timeout(5_000)) =>
  createMetricsReader(url).query("up", signal);

it("reads an instant vector", async () => {
  const body = {
    status: "success",
    data: { resultType: "vector", result: [{ metric: { pod: "a" }, value: [1795407379, "0.25"] }] },
  };
  expect(await query(await answering(200, JSON.stringify(body)))).toEqual([
    { labels: { pod: "a" }, value: 0.25, at: new Date(1795407379_000).toISOString() },
  ]);
});

it.each([
  ["a refused query", 422, '{"status":"error","errorType":"bad_data","error":"parse error"}', "metrics.query"],
  ["a page", 502, "<html>Bad Gateway</html>", "metrics.bad-answer"],
  [
    "something else in JSON",
    200,
    '{"status":"success","data":{"resultType":"matrix","result":[]}}',
    "metrics.bad-answer",
  ],
])("%s is told apart", async (_, status, body, code) => {
  await expect(query(await answering(status, body))).rejects.toMatchObject({ code });
});

it("no address says what to set, a dead one that it cannot be reached", async () => {
  await expect(query(undefined)).rejects.toMatchObject({
    code: "metrics.not-configured",
    next: expect.stringContaining("PROMETHEUS_URL"),
  });
  await expect(query("http://127.0.0.1:1")).rejects.toMatchObject({ code: "metrics.unreachable" });
});

it("stops when it is told to", async () => {
  const stop = new AbortController();
  const reading = query(await answering(200, "{}", 60_000), stop.signal);
  setTimeout(() => stop.abort(new Error("enough")), 50);
  await expect(reading).rejects.toThrow("enough");
});
