import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addStore } from '../../src/engine/stores/stores.ts'
import { createMailer } from '../../src/providers/mail/smtp.ts'
import { ionoraStore, openShop } from '../support/shop.ts'
import { send } from './toolkit.ts'

const shop = await openShop({ after }, { worker: true, env: { SAUDAGAR_DEMO: 'off' } })
const admin = await shop.customer(shop.store, true)

const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>\'`'
await addStore(shop.engine.db, { ...ionoraStore, slug: 'hostile', name: hostile, hosts: [] })
await shop.registry.reload()

const fields = {
  name: 'Kettle',
  price: 10,
  discount_percentage: 0,
  category: 'kettles',
  stock_quantity: 1,
  images: [],
  specifications: {},
  is_active: true,
}

/** Descriptions that would run in a page, and what may be left of them. */
const descriptions = [
  '<script>alert(1)</script>',
  '<SCRIPT SRC=//evil.example/x.js></SCRIPT>',
  '<scr<script>ipt>alert(1)</scr</script>ipt>',
  '<img src=x onerror=alert(1)>',
  '<img src="javascript:alert(1)">',
  '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
  '<img src="//evil.example/track.gif">',
  '<a href="javascript:alert(1)">x</a>',
  '<a href="  jAvAsCrIpT:alert(1)">x</a>',
  '<a href="java\tscript:alert(1)">x</a>',
  '<a href="java&#x0A;script:alert(1)">x</a>',
  '<a href="&#106;avascript:alert(1)">x</a>',
  '<a href="vbscript:x">x</a>',
  '<a href="data:text/html,<script>alert(1)</script>">x</a>',
  '<a href="http://ok.example" onclick="alert(1)" style="position:fixed">x</a>',
  '<svg onload=alert(1)>',
  '<svg><script>alert(1)</script></svg>',
  '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
  '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>',
  '<iframe src="https://evil.example"></iframe>',
  '<object data="x"></object><embed src="x">',
  '<form action="https://evil.example"><input name=q><button>go</button></form>',
  '<body onload=alert(1)>',
  '<div style="background:url(javascript:alert(1))">x</div>',
  '<style>*{display:none}</style>',
  '<link rel=stylesheet href=//evil.example/x.css>',
  '<meta http-equiv="refresh" content="0;url=https://evil.example">',
  '<base href="https://evil.example/">',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<textarea><img src=x onerror=alert(1)></textarea>',
  '<p id=x name=y class=z>p</p>',
  '<<img src=x onerror=alert(1)//>',
  '<img src=x onerror=alert(1)',
  '<p onclick=alert(1)//',
  '<!--><img src=x onerror=alert(1)>-->',
  '<![CDATA[<img src=x onerror=alert(1)>]]>',
  '<?xml-stylesheet href="javascript:alert(1)"?>',
  '<video><source onerror=alert(1)></video>',
  '<details open ontoggle=alert(1)>',
  '<a href="https://ok.example" target=_blank ping=https://evil.example>x</a>',
]

const dangerous =
  /<\s*\/?\s*(script|svg|math|iframe|object|embed|form|input|button|style|link|meta|base|body|noscript|textarea|video|source|details)\b|<[^>]*\son\w+\s*=|<[^>]*(javascript|vbscript|data)\s*:|<[^>]*\s(style|class|id|name|ping|target)\s*=|<[^>]*src\s*=\s*["']?\/\//i

test('a description that would run in a page is cleaned, on creating and on changing', async () => {
  const { body } = await admin.call('POST', '/api/admin/products', fields)
  for (const description of descriptions) {
    const made = await admin.call('POST', '/api/admin/products', { ...fields, description })
    assert.equal(made.status, 201)
    const changed = await admin.call('PUT', `/api/admin/products/${body.product.id}`, { description })
    const shown = await shop.call(shop.store, 'GET', `/api/products/${body.product.id}`)
    for (const left of [
      made.body.product.description,
      changed.body.product.description,
      shown.body.product.description,
    ])
      assert.doesNotMatch(left ?? '', dangerous, `${description} left ${left}`)
  }
})

test('a description keeps its plain structure, and text that is no HTML keeps every sign', async () => {
  const kept = [
    '<h2>Title</h2><p>Seven <strong>plates</strong> &amp; more</p><ul><li>one</li></ul>',
    'a < b, c > d & "e"',
    '5 > 3',
    'plain',
  ]
  for (const description of kept) {
    const { body } = await admin.call('POST', '/api/admin/products', { ...fields, description })
    const readable = body.product.description.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
    assert.equal(readable, description.replaceAll('&amp;', '&'))
  }
})

test('names stay the text they are: whoever shows them as HTML escapes them', async () => {
  const { body } = await admin.call('POST', '/api/admin/products', { ...fields, name: hostile, category: hostile })
  assert.equal(body.product.name, hostile)
  assert.equal(body.product.category, hostile)
})

test('images and links of products are addresses of the web alone', async () => {
  for (const image of [
    'javascript:alert(1)',
    'data:image/svg+xml,<svg/>',
    'file:///etc/passwd',
    '//evil.example/x',
    'ftp://x/y',
    'https://',
    ' https://x.example',
    'https://x.example/<script>',
    'https://x.example/"onerror="',
    'x',
    '',
  ]) {
    const answer = await admin.call('POST', '/api/admin/products', { ...fields, images: [image] })
    assert.equal(answer.status, 400, image)
  }
})

test('answers of the API are never taken for a page', async () => {
  for (const path of [
    '/ionora/api/products',
    '/ionora/api/nothing',
    '/ionora/api/products/search?q=<script>',
    '/ionora/openapi.json',
    '/nothing',
    '/%zz',
    '/ionora/api/user/profile',
  ]) {
    const { headers } = await send(shop.url, { path })
    assert.match(String(headers['content-type']), /^application\/json/, path)
    assert.equal(headers['x-content-type-options'], 'nosniff', path)
  }
})

const pages = () => [
  `${shop.url}/`,
  `${shop.url}/ionora/docs`,
  `${shop.url}/hostile/docs`,
  `${shop.url}/ionora/reset-password?token=x`,
  `${shop.sandbox.url}/`,
  `${shop.sandbox.url}/mail`,
]

test('every page carries a Content-Security-Policy that lets nothing foreign and nothing inline run', async () => {
  for (const url of pages()) {
    const { headers, status } = await send(url, { path: url.slice(new URL(url).origin.length) })
    assert.equal(status, 200, url)
    assert.match(String(headers['content-type']), /^text\/html/, url)
    const policy = String(headers['content-security-policy'])
    const directives = Object.fromEntries(policy.split(';').map((part) => part.trim().split(/\s+(.*)/, 2)))
    const scripts = directives['script-src'] ?? directives['default-src']
    assert.ok(["'none'", "'self'"].includes(scripts), `${url}: ${policy}`)
    assert.doesNotMatch(policy, /unsafe-eval|\*|http:|https:/, url)
  }
  for (const url of pages().slice(0, 4)) {
    const { headers } = await send(url, { path: url.slice(new URL(url).origin.length) })
    assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/, `${url} in another's frame`)
    assert.match(String(headers['content-security-policy']), /base-uri 'none'/, url)
    assert.equal(headers['x-content-type-options'], 'nosniff', url)
  }
})

test('a store’s name is shown as text on every page', async () => {
  for (const path of ['/', '/hostile/docs']) {
    const { text } = await send(shop.url, { path })
    assert.ok(!text.includes(hostile), path)
    assert.doesNotMatch(text, /<script>alert|<img src=x/, path)
    assert.ok(text.includes('&#60;script&#62;alert(1)'), `${path} shows it`)
  }
})

test('the page for a new password keeps its token from everybody else', async () => {
  const { headers, text } = await send(shop.url, {
    path: '/ionora/reset-password?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E',
  })
  assert.doesNotMatch(text, /alert\(1\)/)
  assert.equal(headers['referrer-policy'], 'no-referrer')
  assert.match(String(headers['cache-control']), /no-store/)
})

test('a person’s name in a mail, and a mail in the mailbox, are text', async () => {
  const email = 'hostile@example.com'
  const { status } = await shop.call(shop.store, 'POST', '/api/auth/register', {
    body: { email, password: 'Password123', full_name: hostile },
  })
  assert.equal(status, 201)
  await shop.call(shop.store, 'POST', '/api/auth/forgot-password', { body: { email } })
  let mails: { html: string; text: string }[] = []
  for (let i = 0; i < 100 && mails.length === 0; i++) {
    mails = (await send(shop.sandbox.url, { path: `/mail/messages?to=${email}` })).body
    if (mails.length === 0) await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.equal(mails.length, 1)
  assert.doesNotMatch(mails[0]!.html, /<script>|<img/)
  assert.ok(mails[0]!.text.includes(hostile))
  const mailbox = await send(shop.sandbox.url, { path: '/mail' })
  assert.doesNotMatch(mailbox.text, /<script>alert|<img src=x/)
})

test('a header cannot be smuggled into a mail by an address or a name', async () => {
  const mailer = createMailer(`smtp://127.0.0.1:${shop.sandbox.smtpPort}`, 'Shop <shop@example.com>')
  await mailer.send({ to: 'one@example.com', subject: 'Hello\r\nBcc: two@example.com', text: 'x', html: 'x' })
  mailer.close()
  assert.deepEqual((await send(shop.sandbox.url, { path: '/mail/messages?to=two@example.com' })).body, [])
  for (const email of [
    'a@example.com\r\nBcc: two@example.com',
    'a@example.com, two@example.com',
    'a@example.com;two@example.com',
    '"a" <a@example.com>',
    'a@example.com\n',
  ])
    assert.equal(
      (
        await shop.call(shop.store, 'POST', '/api/auth/register', {
          body: { email, password: 'Password123', full_name: 'x' },
        })
      ).status,
      400,
      email,
    )
})
