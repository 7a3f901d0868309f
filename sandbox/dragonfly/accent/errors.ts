import { encodeError } from "../resp.ts";

const fromScript = /^(.*?)\.? script: ([0-9a-f]{40}), on @user_script:(\d+)\.$/;

/** The same refusal in Dragonfly's words. `user` is who asked. */
export function rewriteError(reply: Buffer, user: string): Buffer {
  const text = reply.toString("utf8", 1, reply.length - 2);
  const rewritten = inDragonflyWords(text, user);
  return rewritten === text ? reply : encodeError(rewritten);
}

function inDragonflyWords(text: string, user: string): string {
  const script = fromScript.exec(text);
  if (script !== null) {
    const [, inner = "", sha = "", line = "0"] = script;
    // Dragonfly wraps a script in a line of its own, so its line numbers are one higher.
    const said = inDragonflyWords(/[.!?]$/.test(inner) ? inner : `${inner}.`, user);
    return `ERR Error running script (call to ${sha}): @user_script:${Number(line) + 1}: -${said}`;
  }
  if (text.startsWith("OOM ")) return "ERR Out of memory";
  if (text.startsWith("LOADING ")) return "LOADING Dragonfly is loading the dataset in memory";
  if (text.startsWith("NOPERM ") || text.startsWith("ERR The user executing the script can't "))
    return `NOPERM ${user} has no ACL permissions`;
  const unknown = /^ERR unknown command '([^']*)'/.exec(text);
  if (unknown !== null) return `ERR unknown command \`${unknown[1] ?? ""}\``;
  if (text.startsWith("ERR WAIT cannot be used with replica instances"))
    return "ERR WAIT cannot be used with replica instances.";
  return text;
}
