import type { FastifyPluginAsync } from 'fastify'
import { htmlPage, lockedDown } from '../../web/html.ts'

const page = htmlPage(
  'Set a new password',
  `<h1>Set a new password</h1>
<form id="form"><label for="password">New password, at least 8 characters</label>
<input id="password" type="password" autocomplete="new-password" minlength="8" required>
<button>Set password</button></form><p id="said" role="status"></p>
<script src="reset-password.js"></script>`,
)

// the token is read from the address by the page alone and leaves it at once: no log, no Referer, no history has it
const script = `
const token = new URLSearchParams(location.search).get('token')
history.replaceState(null, '', location.pathname)
document.getElementById('form').addEventListener('submit', async (event) => {
  event.preventDefault()
  const new_password = document.getElementById('password').value
  const answer = await fetch('api/auth/reset-password', {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token, new_password }),
  })
  const { message, data, error, details, errors } = await answer.json()
  const faults = errors ?? (Array.isArray(details) ? details : [])
  document.getElementById('said').textContent = message ?? data?.message ?? faults[0]?.msg ?? error
  if (answer.ok) event.target.remove()
})
`

/** Where the link of a reset mail leads when the shop has no page of its own (RESET_URL). */
export const resetPage: FastifyPluginAsync = async (app) => {
  const config = { access: 'public' } as const
  const schema = { hide: true }
  app.get('/reset-password', { config, schema }, async (_request, reply) => {
    reply.header('referrer-policy', 'no-referrer')
    reply.header('cache-control', 'no-store')
    reply.header('content-security-policy', `default-src 'self'; style-src 'unsafe-inline'; ${lockedDown}`)
    return reply.type('text/html').send(page)
  })
  app.get('/reset-password.js', { config, schema }, async (_request, reply) =>
    reply.type('text/javascript').send(script),
  )
}
