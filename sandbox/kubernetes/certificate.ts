import { generate } from "selfsigned";

/** A certificate that is its own CA, for the loopback's names. */
export async function selfSigned() {
  return generate([{ name: "commonName", value: "sandbox-kubernetes" }], {
    keySize: 2048,
    notAfterDate: new Date(Date.now() + 30 * 86_400_000),
    extensions: [
      { name: "basicConstraints", cA: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
}
