import { createServer } from "node:http";

/** The baseline: reads what is posted, forgets it, and answers 200. */
createServer((request, response) => {
  request.resume().on("end", () => response.end("{}"));
}).listen(Number(process.env["PORT"]), "127.0.0.1");
