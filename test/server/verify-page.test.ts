import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import Fastify from 'fastify'
import { verifyPage } from '../../src/contracts/ink/page.ts'
import { chromium, startBrowser } from '../support/browser.ts'
import { correctionDraft, deliveryDraft, enrolmentDraft, ids, makeProof, textOf } from '../support/proof-files.ts'

const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>\u202E`
const named = (proof_id: string, more: object = {}) =>
  textOf(
    makeProof({
      drafts: [
        { ...enrolmentDraft(), proof_id },
        { ...deliveryDraft(), proof_id, ...more },
      ],
      file: (file) => (file.proof_id = proof_id),
    }),
  )
const files: Record<string, string> = {
  proof_good: named('proof_good'),
  proof_changed: named('proof_changed').replace('iPhone', 'iphone'),
  proof_far: named('proof_far', {
    delivery_gps: { lat: 41, lng: -74 },
    distance_meters: 31_939,
    gps_verdict: 'flagged',
    phone_verified: true,
  }),
  proof_abc123def456: textOf(
    makeProof({
      drafts: [
        {
          ...enrolmentDraft(),
          photo_urls: [hostile, 'javascript:alert(1)', 'x'.repeat(4000), ''],
          photo_hashes: [hostile, 'b', 'c', 'd'],
        },
        { ...deliveryDraft(), device_info: hostile },
        { ...correctionDraft(), reason: hostile, changes: { device_info: hostile } },
      ],
    }),
  ),
  proof_nonsense: '{"format":1}',
}

const asked: string[] = []
const app = Fastify({
  routerOptions: { ignoreTrailingSlash: true },
  rewriteUrl: ({ url }) => url!.replace(/^\/shop(?=\/)/, ''),
})
app.addHook('onRequest', async ({ url }) => void asked.push(url))
await app.register(verifyPage)
app.get<{ Params: { id: string } }>('/retrieve/:id/proof', async ({ params }, reply) => {
  const file = files[params.id]
  return file ? reply.type('application/json').send(file) : reply.code(404).send({ error: 'Proof not found' })
})
const origin = await app.listen({ port: 0, host: '127.0.0.1' })
after(() => app.close())

test('the page says who may do what on it, and loads nothing but its own scripts', async () => {
  const answer = await fetch(`${origin}/shop/verify/proof_good`)
  const policy = answer.headers.get('content-security-policy')!
  for (const part of [
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    "img-src 'none'",
    "frame-ancestors 'none'",
  ])
    assert.ok(policy.split('; ').includes(part), part)
  assert.equal(answer.headers.get('referrer-policy'), 'no-referrer')
  const page = await answer.text()
  assert.doesNotMatch(page, /<script(?![^>]* src=)|\son\w+=/, 'no script stands in the page itself')
  assert.match(page, /<noscript>/)
})

test('its scripts are the verifier’s own files, all of which load and are kept for ever', async () => {
  const page = await (await fetch(`${origin}/shop/verify/proof_good`)).text()
  const first = new URL(/<script type="module" src="([^"]+)"/.exec(page)![1]!, `${origin}/shop/verify/proof_good`).href
  const seen = new Set<string>()
  const walk = async (url: string) => {
    if (seen.has(url)) return
    seen.add(url)
    const answer = await fetch(url)
    assert.equal(answer.status, 200, url)
    assert.match(answer.headers.get('content-type')!, /^text\/javascript/)
    assert.match(answer.headers.get('cache-control')!, /immutable/)
    const text = await answer.text()
    for (const [, path] of text.matchAll(/^(?:import|export) [^'"]*?from\s+['"](.+?)['"]/gm)) {
      assert.match(path!, /^\.\.?\//, `${url} imports ${path}`)
      await walk(new URL(path!, url).href)
    }
  }
  await walk(first)
  const paths = new Set([...seen].map((url) => url.split('/').slice(-2).join('/')))
  for (const path of ['verifier/verify.ts', 'verifier/documents.ts', 'verifier/tree.ts'])
    assert.ok(paths.has(path), path)
  assert.ok([...seen].some((url) => url.endsWith('/canonicalize.js')))
  const elsewhere = ['../server/app.ts', 'verifier/verify.test.ts', '../../package.json', 'verifier/']
  for (const path of elsewhere)
    assert.equal(
      (await fetch(first.replace('web/browser/verify-page.ts', path.replaceAll('/', '%2F')))).status,
      404,
      path,
    )
})

test('an id that none can be is not found; one with a slash behind it leads to the page', async () => {
  for (const id of ['x', 'proof_', `proof_${'a'.repeat(65)}`, 'proof_%3Cb%3E', 'proof_a.b'])
    assert.equal((await fetch(`${origin}/shop/verify/${id}`)).status, 404, id)
  assert.equal((await fetch(`${origin}/shop/verify/proof_good/`)).url, `${origin}/shop/verify/proof_good`)
  assert.equal((await fetch(`${origin}/shop/verify/proof_unheard_of`)).status, 200)
})

const skip = chromium === undefined && 'there is no Chromium here'

test('in a browser', { skip }, async (t) => {
  const browser = await startBrowser()
  t.after(() => browser.close())
  const open = async (id: string, width = 1200) => {
    const page = await browser.open(`${origin}/shop/verify/${id}`, width)
    await page.until(`document.getElementById('verdict').dataset.verdict`)
    return page
  }
  const verdict = `document.getElementById('verdict').dataset.verdict`
  const said = `document.getElementById('verdict').textContent`

  await t.test('a genuine proof is incomplete until order and tag are typed, which leave for nowhere', async () => {
    const page = await open('proof_good')
    assert.equal(await page.evaluate(verdict), 'incomplete')
    const before = asked.length
    await page.evaluate(`order.value = ' ${ids.orderId} '; uid.value = '041a2b3c4d5e6f'; known.requestSubmit()`)
    await page.until(`${verdict} === 'valid'`)
    assert.equal(await page.evaluate(said), 'A valid proof of delivery.')
    await page.evaluate(`order.value = 'ORDER-2'; known.requestSubmit()`)
    await page.until(`${verdict} === 'invalid'`)
    assert.deepEqual(asked.slice(before), [])
    assert.deepEqual(page.complaints, [])
  })

  await t.test('each check is told, and the ring says where the tag was read', async () => {
    const page = await open('proof_far')
    const checks = await page.evaluate<number>(`document.querySelectorAll('.checks li').length`)
    assert.equal(checks, 18)
    assert.match(
      await page.evaluate(`document.querySelector('svg').getAttribute('aria-label')`),
      /32 km north of the address/,
    )
    assert.match(await page.evaluate(`document.querySelector('dl').textContent`), /2024-01-01T14:30:00\.000Z \(UTC\)/)
  })

  await t.test('what was changed is invalid, what is no proof is told as none, what is not there too', async () => {
    assert.equal(await (await open('proof_changed')).evaluate(verdict), 'invalid')
    assert.equal(await (await open('proof_nonsense')).evaluate(verdict), 'invalid')
    const none = await open('proof_unheard_of')
    assert.deepEqual(await none.evaluate(`[${verdict}, ${said}]`), ['none', 'There is no proof of this name here.'])
    assert.match(none.complaints.join(), /404/, 'complaints are heard')
  })

  await t.test('what people wrote is shown as text: nothing of it runs, loads or leads anywhere', async () => {
    const page = await open('proof_abc123def456')
    assert.equal(await page.evaluate(`document.title`), 'Proof proof_abc123def456')
    const counts = `['img', 'script', 'a'].map((name) => document.querySelectorAll('#report ' + name).length)`
    assert.deepEqual(await page.evaluate(counts), [0, 0, 0])
    assert.ok((await page.evaluate<string>(`document.body.textContent`)).includes(hostile))
    assert.deepEqual(page.complaints, [])
  })

  await t.test('it fits a phone', async () => {
    for (const id of ['proof_good', 'proof_abc123def456'])
      assert.equal(await (await open(id, 375)).evaluate(`document.documentElement.scrollWidth`), 375, id)
  })

  await t.test(
    'every field has its label, every section its name, and changes of the verdict are read out',
    async () => {
      const page = await open('proof_good')
      const unnamed = `[...document.querySelectorAll('input')].filter((input) => input.labels.length === 0).length
      + [...document.querySelectorAll('section, form')].filter((part) => !document.getElementById(part.getAttribute('aria-labelledby'))?.textContent).length`
      assert.equal(await page.evaluate(unnamed), 0)
      assert.equal(await page.evaluate(`document.getElementById('verdict').getAttribute('aria-live')`), 'polite')
      const ids = `(() => { const all = [...document.querySelectorAll('[id]')].map(({ id }) => id); return all.length - new Set(all).size })()`
      assert.equal(await page.evaluate(ids), 0)
    },
  )

  await t.test('a file that was saved is checked as well', async () => {
    const page = await open('proof_unheard_of')
    await page.evaluate(`(() => {
      const given = new DataTransfer()
      given.items.add(new File([${JSON.stringify(files['proof_good'])}], 'proof.json'))
      file.files = given.files
      file.dispatchEvent(new Event('change'))
    })()`)
    await page.until(`${verdict} === 'incomplete'`)
    assert.match(await page.evaluate(said), /It is the proof proof_good, not the one of this page/)
  })

  await t.test('a browser that has no Ed25519 says so, and does not call the proof invalid', async () => {
    const page = await open('proof_good')
    await page.evaluate(
      `crypto.subtle.importKey = async () => { throw new DOMException('', 'NotSupportedError') }; known.requestSubmit()`,
    )
    await page.until(`${verdict} === 'unsupported'`)
    assert.match(await page.evaluate(said), /cannot check Ed25519/)
  })
})
