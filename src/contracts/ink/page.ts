import type { FastifyPluginAsync } from 'fastify'
import { isProofId } from '../../verifier/form.ts'
import { escapeHtml, htmlPage, lockedDown } from '../../web/html.ts'

const style = `<style>
  section, form, #verdict, #report > p { margin-top: 2rem } h2 { margin-top: 0 }
  #verdict { border-left: .35rem solid var(--line); padding: .6rem 1rem; font-weight: 600; font-size: 1.1rem }
  #verdict[data-verdict=valid] { border-color: #15803d } #verdict[data-verdict=invalid] { border-color: #dc2626 }
  #verdict[data-verdict=incomplete] { border-color: #ca8a04 }
  #verdict[data-verdict]::before { font-weight: 700; margin-right: .5rem }
  #verdict[data-verdict=valid]::before { content: "✓" } #verdict[data-verdict=invalid]::before { content: "✗" }
  #verdict[data-verdict=incomplete]::before { content: "?" }
  code, .theirs { overflow-wrap: anywhere }
  figure { margin: 1rem 0; text-align: center } figcaption { margin-top: .4rem }
  .picture { width: 100%; max-width: 22rem; height: auto }
  .ring { fill: none; stroke: var(--faint); stroke-width: 1.2; stroke-dasharray: 4 4 } .ring.pass { stroke-dasharray: none; fill: var(--line); fill-opacity: .45 }
  .label { fill: var(--faint); font: 11px system-ui, sans-serif; text-anchor: middle } .north, .address { fill: var(--faint) }
  .way { stroke: var(--mark); stroke-width: 1.5 } .way.far { stroke-dasharray: 2 5 }
  .tag { fill: var(--mark); stroke: var(--ground); stroke-width: 2 }
  dl { margin: 0 } dl > div { display: grid; grid-template-columns: 9rem 1fr; gap: 0 1rem; padding: .45rem 0; border-top: 1px solid var(--line) }
  dt { color: var(--faint) } dd { margin: 0; min-width: 0 }
  .checks { list-style: none; margin: 0; padding: 0 } .checks li { display: grid; grid-template-columns: 1.4rem 1fr; padding: .45rem 0; border-top: 1px solid var(--line) }
  .checks .theirs { color: var(--faint) } .mark { font-weight: 700 } .ok .mark { color: #15803d } .failed .mark { color: #dc2626 } .not-checked .mark { color: #ca8a04 }
  @media (prefers-color-scheme: dark) { .ok .mark { color: #4ade80 } .failed .mark { color: #f87171 } .not-checked .mark { color: #facc15 } }
  .photos { padding-left: 1.4rem } .photos li { margin: .5rem 0 } .photos small { display: block }
  .correction { border-left: .2rem solid var(--mark); padding-left: .6rem } .correction .photos { margin: 0 }
  button { color: var(--ground) } button.plain { background: transparent; color: inherit; border: 1px solid var(--line) }
  @media (max-width: 30rem) { main { padding: 1.5rem 1rem } dl > div { grid-template-columns: 1fr } h1 { font-size: 1.6rem } }
</style>`

const pageOf = (id: string, assets: string) =>
  htmlPage(
    `Proof ${id}`,
    `<h1>Proof of delivery</h1>
<p id="proof" data-id="${escapeHtml(id)}"><code>${escapeHtml(id)}</code></p>
<p id="verdict" role="status" aria-live="polite">Checking …</p>
<noscript><p>This page checks the proof in your browser and needs JavaScript for it. Without, save
<a href="../retrieve/${escapeHtml(id)}/proof">the proof file</a> and run <code>saudagar verify FILE</code>.</p></noscript>
<form id="known" aria-labelledby="known-title"><h2 id="known-title">What you know of it</h2>
<p class="faint">The proof does not name its order and its tag. Type them to check that it is theirs; they stay in this browser.</p>
<label for="order">Order id</label><input id="order" autocomplete="off" autocapitalize="off" spellcheck="false">
<label for="uid">NFC UID of the tag</label><input id="uid" autocomplete="off" autocapitalize="off" spellcheck="false" placeholder="04:1A:2B:3C:4D:5E:6F">
<button>Check</button></form>
<div id="report"></div>
<section aria-labelledby="file-title"><h2 id="file-title">The file</h2>
<p class="faint">A proof needs nobody: saved, it can be checked without this shop, here or with <code>saudagar verify</code>.</p>
<button id="save" class="plain" type="button" hidden>Save the proof file</button>
<label for="file">Check a file that you saved</label><input id="file" type="file" accept=".json,application/json"></section>
<section aria-labelledby="not-title"><h2 id="not-title">What this does not show</h2>
<p class="faint">Positions are what devices said. Times are the store’s word until a witness has seen its log. The keys come with
the proof: whose they are is known only from elsewhere. That a tag was read does not say by whom.</p></section>
<script type="module" src="${assets}/web/browser/verify-page.ts"></script>`,
    style,
  )

const policy = `default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; img-src 'none'; ${lockedDown}`

interface Asset {
  Params: { hash: string; '*': string }
}

/** Made with the first page that is asked for: few processes ever need them, and a compiler with them. */
const scripts = async () => (await import('../../web/scripts.ts')).browserScripts()

/** A page for each proof, which checks it in the browser with the code that the command line runs. */
export const verifyPage: FastifyPluginAsync = async (app) => {
  const config = { access: 'public' } as const
  const schema = { hide: true }

  app.get<{ Params: { proofId: string } }>('/verify/:proofId', { config, schema }, async (request, reply) => {
    const { proofId } = request.params
    if (!isProofId(proofId)) return reply.code(404).send({ error: 'Proof not found' })
    const [path] = request.url.split('?', 1)
    if (path!.endsWith('/')) return reply.redirect(`../${proofId}`) // what the page loads is beside it
    reply.header('content-security-policy', policy)
    reply.header('referrer-policy', 'no-referrer')
    reply.header('cache-control', 'no-cache')
    const { hash } = await scripts()
    return reply.type('text/html').send(pageOf(proofId, `assets/${hash}`))
  })

  app.get<Asset>('/verify/assets/:hash/*', { config, schema }, async (request, reply) => {
    const { hash, files } = await scripts()
    const file = request.params.hash === hash ? files.get(request.params['*']) : undefined
    if (file === undefined) return reply.callNotFound()
    reply.header('cache-control', 'public, max-age=31536000, immutable')
    return reply.type('text/javascript').send(file)
  })
}
