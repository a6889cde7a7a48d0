import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { createSender } from './send.ts'

interface Seen {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: string
}

/** A receiver on this machine, and what came to it. */
async function receiver(t: TestContext, answer: RequestListener = (_, response) => void response.end()) {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (part: string) => (body += part))
    request.on('end', () => {
      seen.push({ method: request.method!, url: request.url!, headers: request.headers, body })
      answer(request, response)
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?shop=1`, seen }
}

const open = { allowPrivate: true, allowHttp: true }
const strict = { allowPrivate: false, allowHttp: true }

/** A name server of the test's: what each question in turn is answered with. */
function names(...answers: string[][]) {
  const asked: string[] = []
  const resolve: LookupFunction = (hostname, options, callback) => {
    const found = (answers[asked.length] ?? answers.at(-1)!).map((address) => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }))
    asked.push(hostname)
    if (options.all) callback(null, found)
    else callback(null, found[0]!.address, found[0]!.family)
  }
  return { resolve, asked }
}

test('a webhook arrives as it was written, byte for byte, with its headers', async (t) => {
  const { url, seen } = await receiver(t)
  const body = JSON.stringify({ name: 'Müller ☕' })
  const headers = { 'content-type': 'application/json', 'webhook-id': 'msg_1', 'X-INK-Signature': 'ab' }
  assert.deepEqual(await createSender(open)(url, headers, body), { status: 200, problem: null, retryAfter: null })
  const [only, ...more] = seen
  assert.deepEqual(more, [])
  assert.deepEqual([only!.method, only!.url, only!.body], ['POST', '/hook?shop=1', body])
  assert.equal(only!.headers['content-length'], String(Buffer.byteLength(body)))
  assert.deepEqual([only!.headers['webhook-id'], only!.headers['x-ink-signature']], ['msg_1', 'ab'])
})

test('a redirect is an answer, and not followed', async (t) => {
  const inner = await receiver(t)
  const outer = await receiver(t, (_, response) => void response.writeHead(307, { location: inner.url }).end())
  assert.equal((await createSender(open)(outer.url, {}, '{}')).status, 307)
  assert.equal(outer.seen.length, 1)
  assert.deepEqual(inner.seen, [])
})

test('what an answer asks for is handed on, and its body is not read to the end', async (t) => {
  let written = 0
  const { url } = await receiver(t, (_, response) => {
    response.writeHead(503, { 'retry-after': '120' })
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536
    }
    response.on('drain', more)
    more()
  })
  assert.deepEqual(await createSender(open)(url, {}, '{}'), { status: 503, problem: null, retryAfter: '120' })
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.ok(written < 16 * 1024 * 1024, 'an endless body was read')
})

test('an inner address is not connected to, whether it is named outright or by a name', async (t) => {
  const { url, seen } = await receiver(t)
  const { port } = new URL(url)
  const literal = await createSender(strict)(url, {}, '{}')
  assert.match(literal.problem!, /127\.0\.0\.1 is no public address/)
  for (const found of [
    ['127.0.0.1'],
    ['8.8.8.8', '127.0.0.1'],
    ['::1'],
    ['::ffff:127.0.0.1'],
    ['169.254.169.254'],
    [],
  ]) {
    const { resolve } = names(found)
    const sent = await createSender({ ...strict, resolve })(`http://shop.example.com:${port}/`, {}, '{}')
    assert.equal(sent.status, null, found.join())
    assert.match(sent.problem!, /no public address|has no address/, found.join())
  }
  const localhost = await createSender(strict)(`http://localhost:${port}/`, {}, '{}')
  assert.match(localhost.problem!, /no public address/)
  assert.deepEqual(seen, [])
})

test('a name is looked up once: the answer that was checked is the address that is connected to', async (t) => {
  // whoever asks twice, to check and to connect, is told something else the second time
  const { url, seen } = await receiver(t)
  const { port } = new URL(url)
  const turning = names(['127.0.0.1'], ['127.0.0.9'])
  const sent = await createSender({ ...open, resolve: turning.resolve })(`http://rebind.example.com:${port}/`, {}, '{}')
  assert.equal(sent.status, 200)
  assert.equal(seen[0]!.headers.host, `rebind.example.com:${port}`)
  const inward = names(['127.0.0.1'], ['8.8.8.8'])
  const refused = await createSender({ ...strict, resolve: inward.resolve })(
    `http://rebind.example.com:${port}/`,
    {},
    '{}',
  )
  assert.match(refused.problem!, /127\.0\.0\.1 is no public address/)
  assert.deepEqual([turning.asked.length, inward.asked.length, seen.length], [1, 1, 1])
})

test('who does not answer in time, or not at all, is told of in a word', async (t) => {
  const silent = await receiver(t, () => {})
  const began = Date.now()
  assert.match(
    (await createSender({ ...open, timeoutMs: 150 })(silent.url, {}, '{}')).problem!,
    /no answer within 0\.15 s/,
  )
  assert.ok(Date.now() - began < 2000)
  const hangingUp = await receiver(t, (request) => void request.socket.destroy())
  assert.equal((await createSender(open)(hangingUp.url, {}, '{}')).problem, 'ECONNRESET')
  assert.equal((await createSender(open)('http://127.0.0.1:1/', {}, '{}')).problem, 'ECONNREFUSED')
  const upgrading = await receiver(t, (_, response) =>
    response.writeHead(101, { connection: 'upgrade', upgrade: 'other' }).end(),
  )
  assert.equal((await createSender(open)(upgrading.url, {}, '{}')).status, null)
  const hung = createSender({ ...open, resolve: () => {}, timeoutMs: 100 })
  assert.match((await hung('http://shop.example.com/', {}, '{}')).problem!, /no answer within/)
})
