import { createSocket, type Socket } from "node:dgram";

/** What is said to a question: addresses, a refusal, or nothing at all. */
export type Said = { readonly v4?: readonly string[]; readonly v6?: readonly string[] } | "servfail" | "silence";

const types = { a: 1, aaaa: 28 } as const;
const responseCodes = { ok: 0, servfail: 2, nxdomain: 3 } as const;

/** What a name server knows: asked with every question, by the full name in lower case. */
export interface Names {
  get(name: string): Said | undefined;
}

/** A DNS server (RFC 1035) for names that are known; of all others it says that they do not exist. */
export function startNameServer(address: string, names: Names, port = 53): Promise<Socket> {
  const server = createSocket("udp4");
  server.on("message", (question, { address: to, port: from }) => {
    const answer = answerTo(question, names);
    if (answer !== undefined) server.send(answer, from, to);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.bind(port, address, () => resolve(server));
  });
}

function answerTo(question: Buffer, names: Names): Buffer | undefined {
  const labels: string[] = [];
  let at = 12;
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  const end = at + 5;
  const type = question.readUInt16BE(at + 1);
  const said = names.get(labels.join(".").toLowerCase());
  if (said === "silence") return undefined;
  if (said === undefined) return message(question, end, responseCodes.nxdomain, []);
  if (said === "servfail") return message(question, end, responseCodes.servfail, []);
  const records =
    type === types.a
      ? (said.v4 ?? []).map((one) => record(types.a, Buffer.from(one.split(".").map(Number))))
      : type === types.aaaa
        ? (said.v6 ?? []).map((one) => record(types.aaaa, bytesOf(one)))
        : [];
  return message(question, end, responseCodes.ok, records);
}

function message(question: Buffer, end: number, code: number, records: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(12);
  question.copy(header, 0, 0, 2);
  // A response with authority; recursion is asked for and there.
  header.writeUInt16BE(0x8580 | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, question.subarray(12, end), ...records]);
}

/** Of the name in the question, for five seconds. */
function record(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(5, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

/** An IPv6 address with one gap, such as `fd77::10`. */
function bytesOf(address: string): Buffer {
  const [left = "", right = ""] = address.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
  const [first, last] = [groups(left), groups(right)];
  const all = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}
