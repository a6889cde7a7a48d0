/** Makes text safe between tags and in quoted attributes. */
export const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)

const style = `
  :root { color-scheme: light dark; --ink: #1d2327; --faint: #5f6b76; --line: #d9dee3; --ground: #fbfaf7; --mark: #9a3412 }
  @media (prefers-color-scheme: dark) { :root { --ink: #e8e6e1; --faint: #9aa5ae; --line: #343a40; --ground: #16191c; --mark: #fb923c } }
  body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif }
  main { max-width: 46rem; margin: 0 auto; padding: 3rem 1.25rem }
  h1 { font-size: 2rem; margin: 0 } h2 { font-size: 1.2rem; margin: 2rem 0 .4rem }
  p { margin: .4rem 0 } a { color: var(--mark) } small, .faint { color: var(--faint) }
  code { font: .9em ui-monospace, monospace } table { border-collapse: collapse; width: 100% }
  th, td { text-align: left; padding: .45rem .75rem .45rem 0; border-top: 1px solid var(--line); vertical-align: top }
  th { font-weight: 600 } label { display: block; margin: 1rem 0 .25rem }
  input, button { font: inherit; padding: .55rem .7rem; border: 1px solid var(--line); border-radius: .4rem; background: transparent; color: inherit }
  input { width: 100%; box-sizing: border-box } button { margin-top: 1rem; background: var(--mark); color: #fff; border: 0; cursor: pointer }`

/** A page in our one plain dress. @param body HTML, as `head` is; what comes from data is escaped by whoever makes it */
export const htmlPage = (title: string, body: string, head = '') =>
  `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${style}</style>${head}</head>
<body><main>
${body}
</main></body></html>
`

/** Said with every page of ours, after what it may load: nobody frames it, and no base or form leads elsewhere. */
export const lockedDown = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
