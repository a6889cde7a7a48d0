import { escapeHtml, htmlPage } from '../web/html.ts'
import type { Contract } from '../contracts/toolkit/contract.ts'
import type { Store } from '../engine/stores/stores.ts'
import { demoAccounts } from './demo.ts'

/** The page at `/`: which stores are here, what they speak, where their documentation is. */
export function landingPage(stores: readonly Store[], contracts: readonly Contract[], isDemo: boolean): string {
  const rows = stores.map((store) => {
    const slug = escapeHtml(store.slug)
    const titles = contracts.filter(({ name }) => store.contracts.includes(name)).map(({ title }) => escapeHtml(title))
    return `<tr><td><b>${escapeHtml(store.name)}</b><br><code>/${slug}</code></td><td>${titles.join(', ')}</td>
      <td>${escapeHtml(store.currency)}</td><td><a href="/${slug}/docs">documentation</a><br>
      <a href="/${slug}/openapi.json">OpenAPI 3.1</a></td></tr>`
  })
  const accounts = demoAccounts.map(
    ({ email, password, isAdmin }) =>
      `<tr><td>${isAdmin ? 'administrator' : 'customer'}</td><td><code>${escapeHtml(email)}</code></td>
      <td><code>${escapeHtml(password)}</code></td></tr>`,
  )
  return htmlPage(
    'Saudagar',
    `<h1>Saudagar</h1>
<p class="faint">A headless commerce engine: one engine, published API contracts, on PostgreSQL.</p>
<h2>Stores</h2>
<table><tr><th>Store</th><th>Contract</th><th>Currency</th><th></th></tr>
${rows.length > 0 ? rows.join('\n') : '<tr><td colspan="4">None yet: <code>saudagar stores add</code></td></tr>'}</table>
${isDemo ? `<h2>Demo accounts, in every store</h2>\n<table>${accounts.join('\n')}</table>` : ''}
<h2>For the operator</h2>
<p><a href="/healthz">/healthz</a> &middot; <a href="/readyz">/readyz</a> &middot; <a href="/metrics">/metrics</a></p>`,
  )
}
