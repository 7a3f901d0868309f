import type { PageFile, PageMessage, PageState } from "../../slack/page-api.ts";
import { Avatar } from "./avatar.tsx";
import { Blocks } from "./blocks.tsx";

interface Props {
  readonly state: PageState;
  readonly message: PageMessage;
  readonly onThread: ((ts: string) => void) | undefined;
}

export function MessageRow({ state, message, onThread }: Props) {
  const author = state.people.find(({ id }) => id === message.user);
  const time = new Date(Number(message.ts) * 1_000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const blocks =
    message.blocks.length > 0
      ? message.blocks
      : [{ type: "section", text: { type: "mrkdwn", text: message.text || " " } }];
  return (
    <article
      aria-label={`Message from ${author?.real_name ?? "somebody"}`}
      className={`group flex gap-3 px-5 py-2 ${message.ephemeral ? "bg-sky-50/60" : "hover:bg-neutral-50"}`}
    >
      <Avatar name={author?.real_name ?? "?"} id={message.user} bot={author?.is_bot === true} />
      <div className="min-w-0 flex-1">
        {message.ephemeral ? <p className="text-xs text-neutral-500">👁 Only visible to you</p> : null}
        <p className="flex items-baseline gap-2">
          <span className="font-extrabold">{author?.real_name}</span>
          {author?.is_bot === true ? (
            <span className="rounded bg-neutral-200 px-1 text-[10px] font-bold text-neutral-600">APP</span>
          ) : null}
          <time className="text-xs text-neutral-500">{time}</time>
          {message.edited ? <span className="text-xs text-neutral-500">(edited)</span> : null}
        </p>
        <Blocks state={state} blocks={blocks} source={{ message: { channel: message.channel, ts: message.ts } }} />
        {message.files.map((file) => (
          <File key={file.id} file={file} />
        ))}
        {onThread !== undefined && !message.ephemeral ? (
          <button
            type="button"
            onClick={() => onThread(message.ts)}
            className={`mt-1 text-sm font-semibold text-sky-700 hover:underline ${message.reply_count > 0 ? "" : "opacity-0 group-hover:opacity-100 focus:opacity-100"}`}
          >
            {message.reply_count > 0
              ? `${message.reply_count} ${message.reply_count === 1 ? "reply" : "replies"}`
              : "Reply in thread"}
          </button>
        ) : null}
      </div>
    </article>
  );
}

function File({ file }: { readonly file: PageFile }) {
  if (file.mimetype.startsWith("image/"))
    return <img src={file.url} alt={file.title} className="mt-2 max-w-full rounded-lg border border-neutral-200" />;
  return (
    <a
      href={file.url}
      className="mt-2 inline-block rounded-lg border border-neutral-300 px-3 py-2 text-sky-700 hover:underline"
    >
      📄 {file.title} ({Math.ceil(file.size / 1_024)} KB)
    </a>
  );
}
