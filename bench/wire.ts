import { connect } from 'node:net'

export interface WireAnswer {
  status: number
  body: Buffer
}

/** One kept connection that speaks just enough HTTP/1.1 to measure with: what a client costs is not what is asked here. */
export interface Wire {
  /** Sends one request and calls back with its answer; the one before must have been answered. */
  send(request: Buffer, done: (answer: WireAnswer) => void): void
  close(): void
}

/** The request's bytes for a GET. */
export const get = (path: string, token?: string) =>
  Buffer.from(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${authorization(token)}\r\n`)

const authorization = (token: string | undefined) => (token ? `authorization: Bearer ${token}\r\n` : '')

/** The request's bytes for a POST of JSON. */
export function post(path: string, body: object, token?: string): Buffer {
  const text = JSON.stringify(body)
  const length = Buffer.byteLength(text)
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${authorization(token)}content-type: application/json\r\ncontent-length: ${length}\r\n\r\n${text}`,
  )
}

const headEnd = Buffer.from('\r\n\r\n')

/** Connects to a server on this machine. A connection that breaks answers with status 0 from then on. */
export async function openWire(port: number): Promise<Wire> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  let waiting: ((answer: WireAnswer) => void) | undefined
  let pending: Buffer | undefined
  let isBroken = false

  const answer = (status: number, body: Buffer) => {
    const done = waiting
    waiting = undefined
    pending = undefined
    done?.({ status, body })
  }
  const fail = () => {
    isBroken = true
    answer(0, Buffer.alloc(0))
  }
  socket.on('data', (chunk: Buffer) => {
    const bytes = (pending = pending ? Buffer.concat([pending, chunk]) : chunk)
    const end = bytes.indexOf(headEnd)
    if (end === -1) return
    const head = bytes.toString('latin1', 0, end)
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN)
    if (Number.isNaN(length)) socket.destroy(new Error(`an answer without a length: ${head}`))
    else if (bytes.length >= end + 4 + length)
      answer(Number(head.slice(9, 12)), bytes.subarray(end + 4, end + 4 + length))
  })
  socket.on('error', fail)
  socket.on('close', fail)
  return {
    send: (request, done) => {
      if (isBroken) setTimeout(() => done({ status: 0, body: Buffer.alloc(0) }), 10)
      else {
        waiting = done
        socket.write(request)
      }
    },
    close: () => void socket.destroy(),
  }
}

/** `send` as a promise of the answer's JSON. @throws Error for any other status */
export const ask = (wire: Wire, request: Buffer, status: number) =>
  new Promise<Record<string, unknown>>((resolve, reject) =>
    wire.send(request, (answer) => {
      if (answer.status === status) return resolve(JSON.parse(answer.body.toString()) as Record<string, unknown>)
      const line = request.toString('latin1').split('\r\n', 1)[0]
      reject(new Error(`${line} was answered ${answer.status} ${answer.body.toString().slice(0, 200)}`))
    }),
  )
