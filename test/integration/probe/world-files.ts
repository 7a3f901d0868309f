import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generate } from "selfsigned";
import { addresses } from "./addresses.ts";
import { certifiedName } from "./names.ts";

export const users = {
  ops: "fake-ops-password",
  team: "fake-team-password",
  reader: "fake-reader-password",
} as const;

/** As in docs/tenancy.md: strangers may log in and nothing else, a team has its prefix. */
const acl = `USER default off >fake-default-password -@all +auth +hello
USER ops on >${users.ops} ~* &* +@all
USER team on >${users.team} ~team:* ~{team}* &team:* -@all +@read +@write +@connection +@transaction -KEYS -SCAN -DBSIZE
USER reader on >${users.reader} ~team:* &team:* -@all +@read +@connection
`;

export const files = {
  acl: "users.acl",
  authority: "authority.pem",
  good: "good.pem",
  expired: "expired.pem",
  key: (certificate: string) => `${certificate}.key`,
  /** Of somebody else. */
  stranger: "stranger.pem",
  password: "team.password",
} as const;

/** Everything that servers and probes read from files. */
export async function writeWorldFiles(folder: string): Promise<void> {
  for (const name of Object.keys(addresses)) mkdirSync(join(folder, name));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write(files.acl, acl);
  write(files.password, `${users.team}\n`);
  const day = 86_400_000;
  const [authority, stranger] = await Promise.all([makeAuthority("Test authority"), makeAuthority("Another")]);
  write(files.authority, authority.cert);
  write(files.stranger, stranger.cert);
  for (const [name, from, to] of [
    [files.good, -1, 30],
    [files.expired, -30, -1],
  ] as const) {
    const { cert, private: key } = await generate([{ name: "commonName", value: certifiedName }], {
      keyType: "ec",
      algorithm: "sha256",
      ca: { key: authority.private, cert: authority.cert },
      notBeforeDate: new Date(Date.now() + from * day),
      notAfterDate: new Date(Date.now() + to * day),
      extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: certifiedName }] }],
    });
    write(name, cert);
    write(files.key(name), key);
  }
}

function makeAuthority(name: string) {
  return generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [{ name: "basicConstraints", cA: true, critical: true }],
  });
}
