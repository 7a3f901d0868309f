import { BlockList, isIP } from "node:net";

const lengths = { 4: 32, 6: 128 } as const;

/** Address and prefix length; undefined when it is no block. A bare address is a block of one where that is allowed. */
function parts(block: string, bare: boolean): { readonly address: string; readonly prefix: number } | undefined {
  const [, address = "", prefix] = /^([^/%]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(block) ?? [];
  const family = isIP(address);
  if (family !== 4 && family !== 6) return undefined;
  if (prefix === undefined) return bare ? { address, prefix: lengths[family] } : undefined;
  return Number(prefix) <= lengths[family] ? { address, prefix: Number(prefix) } : undefined;
}

/** Whether a text is an address block; a bare address counts as one only with `bare`. */
export function isBlock(text: string, { bare }: { readonly bare: boolean }): boolean {
  return parts(text, bare) !== undefined;
}

/** Whether the address is in the block; undefined when one of them is none. */
export function within(ip: string, block: string): boolean | undefined {
  const found = parts(block, true);
  const family = isIP(ip);
  if (found === undefined || family === 0) return undefined;
  if (family !== isIP(found.address)) return false;
  const list = new BlockList();
  list.addSubnet(found.address, found.prefix, family === 4 ? "ipv4" : "ipv6");
  return list.check(ip, family === 4 ? "ipv4" : "ipv6");
}

/** Whether the second block is a part of the first. */
export function contains(outer: string, inner: string): boolean {
  const [a, b] = [parts(outer, true), parts(inner, true)];
  return a !== undefined && b !== undefined && a.prefix <= b.prefix && within(b.address, outer) === true;
}
