import { type Html, html } from "./html.ts";

const style = html`
  :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
  body { margin: 0 auto; max-width: 72rem; padding: 1rem 1.5rem 4rem }
  header { border-bottom: 1px solid #8884; margin-bottom: 1.5rem; padding-bottom: .5rem }
  h1 { font-size: 1.4rem; margin: 0 0 .25rem } h2 { font-size: 1rem; margin: 1.75rem 0 .5rem }
  .muted { opacity: .7 } .bar { align-items: center; display: flex; flex-wrap: wrap; gap: .5rem }
  .tag { border: 1px solid #8886; border-radius: 1rem; font-size: .85rem; padding: .05rem .6rem }
  .good { background: #1a7f3722; border-color: #1a7f37 } .bad { background: #cf222e22; border-color: #cf222e }
  .box { border: 1px solid #8884; border-radius: .5rem; margin: .5rem 0; overflow: hidden; padding: .75rem 1rem }
  .problem { background: #cf222e22; border-color: #cf222e }
  pre { font: 13px/1.45 ui-monospace, monospace; margin: 0; overflow-x: auto; white-space: pre-wrap }
  .diff { padding: 0 } .diff > div { background: #8881; font-family: ui-monospace, monospace; padding: .4rem 1rem }
  .diff pre { white-space: pre } .diff span { display: block; padding: 0 1rem }
  .add { background: #2da44e2b } .del { background: #cf222e2b } .hunk { opacity: .6 }
  button, select, input, textarea { font: inherit; padding: .3rem .7rem } button { cursor: pointer }
  input, textarea { box-sizing: border-box; margin: .2rem 0 .6rem; width: 100% } textarea { min-height: 7rem }
`;

/** A whole page; it runs no script. */
export function page(title: string, project: string, content: Html): Html {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${style}</style></head>
<body><header><a href="/${project}/-/merge_requests">${project}</a> <span class="muted">GitLab of the sandbox</span></header>
${content}</body></html>`;
}
