import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import PostalMime from 'postal-mime'
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import type { FaultKinds, Faults } from './faults.ts'
import { escapeHtml, json, listening, page, route, sizeLimit } from './http.ts'
import type { StandIn } from './stand-in.ts'

export const mailFaults: FaultKinds = { api: ['delay', 'drop', 'error', 'garbage'], webhook: [] }

/** The mailbox keeps the newest: so many messages, of so many bytes in all. */
const keptMessages = 1000
const keptBytes = 64 * sizeLimit

export interface Message {
  to: string
  subject: string
  /** '' when the mail has none; so for `html` */
  text: string
  html: string
  /** when it arrived, ISO 8601 */
  sentAt: string
}

interface Kept {
  to: string
  sentAt: string
  bytes: number
  /** parsed when somebody looks, so that mail nobody reads costs next to nothing */
  read: () => Promise<Pick<Message, 'subject' | 'text' | 'html'>>
}

interface MailOptions {
  host: string
  port: number
  faults: Faults
  log: (line: string) => void
}

/** A real SMTP server that takes any mail from anybody and delivers it to a mailbox one can read over HTTP. */
export async function createMail({ host, port, faults, log }: MailOptions): Promise<StandIn & { smtpPort: number }> {
  const mailbox = createMailbox()
  const sockets = new Map<string, Socket>()
  const closing = new AbortController()
  const server = new SMTPServer({
    name: 'sandbox.localhost',
    banner: 'mail ends here',
    size: sizeLimit,
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 50,
    onAuth: (auth, _session, callback) => callback(null, { user: auth.username ?? 'anybody' }),
    onData(stream, session, callback) {
      receive(stream, session).then(
        (message) => callback(null, message),
        (error: Error) => callback(error),
      )
    },
  })
  // smtp-server does not hand out a session's socket, which a dropped connection needs.
  server.server.on('connection', (socket: Socket) => {
    const key = socketKey(socket.remoteAddress, socket.remotePort)
    sockets.set(key, socket)
    socket.on('close', () => sockets.delete(key))
  })
  server.on('error', (error) => log(`mail: ${error.message}`))

  async function receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<string> {
    const raw = await collect(stream)
    if (raw === undefined) throw smtpError(552, 'the message is over 1 MB')
    const { waitBeforeMs, waitAfterMs, ending } = faults.mishap('mail')
    const pause = (ms: number) => (ms > 0 ? wait(ms, undefined, { ref: false, signal: closing.signal }) : undefined)
    await pause(waitBeforeMs)
    if (!ending || ending.after)
      mailbox.add(
        session.envelope.rcptTo.map(({ address }) => address),
        raw,
      )
    await pause(waitAfterMs)
    const socket = sockets.get(socketKey(session.remoteAddress, session.remotePort))
    if (ending?.kind === 'drop') socket?.destroy()
    if (ending?.kind === 'garbage') socket?.end('<html>one moment</html>\r\n')
    if (ending?.kind === 'error') throw smtpError(451, 'local error in processing, try again later')
    return 'kept'
  }

  const smtpPort = await listening(server.server, () => server.listen(port, host))

  return {
    name: 'mail',
    prefix: null,
    smtpPort,
    api: [],
    control: [
      route('GET', '/mail/messages', async (call) => json(await mailbox.list(call.query.get('to')))),
      route('DELETE', '/mail/messages', () => json({ deleted: mailbox.empty() })),
      route('GET', '/mail', async (call) => mailboxPage(await mailbox.list(call.query.get('to')))),
    ],
    refuse: () => json({ error: 'mail goes to the SMTP port' }, 500),
    about: 'Mail by SMTP: <a href="/mail">the mailbox</a>, and <code>GET /mail/messages?to=ADDRESS</code>',
    close: () =>
      new Promise<void>((resolve) => {
        closing.abort()
        server.close(resolve)
      }),
  }
}

/** Messages newest first, one for each recipient of a mail. */
function createMailbox() {
  let messages: Kept[] = []
  let bytes = 0

  return {
    add(recipients: string[], raw: Buffer) {
      const sentAt = new Date().toISOString()
      let parsed: ReturnType<Kept['read']> | undefined
      const read = () => (parsed ??= parse(raw))
      for (const to of recipients) {
        messages.unshift({ to, sentAt, bytes: raw.length, read })
        bytes += raw.length
      }
      while (messages.length > keptMessages || (bytes > keptBytes && messages.length > 1))
        bytes -= messages.pop()!.bytes
    },
    /** @param to an address in any case; a space stands for the `+` that a query decodes to one */
    list(to: string | null): Promise<Message[]> {
      const wanted = to?.trim().replaceAll(' ', '+').toLowerCase()
      const found = messages.filter((message) => wanted === undefined || message.to.toLowerCase() === wanted)
      return Promise.all(
        found.map(async ({ to, sentAt, read }) => {
          const { subject, text, html } = await read()
          return { to, subject, text, html, sentAt }
        }),
      )
    },
    empty(): number {
      const count = messages.length
      messages = []
      bytes = 0
      return count
    },
  }
}

/** What no parser understands is shown as it came. */
async function parse(raw: Buffer) {
  try {
    const { subject = '', text = '', html = '' } = await PostalMime.parse(raw)
    return { subject, text, html }
  } catch {
    return { subject: '', text: raw.toString('utf8'), html: '' }
  }
}

/** @returns undefined when the message is over the limit; it is read to its end all the same */
async function collect(stream: SMTPServerDataStream): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= sizeLimit) chunks.push(chunk)
  }
  return stream.sizeExceeded || size > sizeLimit ? undefined : Buffer.concat(chunks)
}

const smtpError = (responseCode: number, message: string) => Object.assign(new Error(message), { responseCode })

/** IPv4 addresses come mapped into IPv6 on one side and plain on the other. */
const socketKey = (address = '', port = 0) => `${address.replace(/^::ffff:/, '')} ${port}`

const mailboxPage = (messages: Message[]) =>
  page(
    'Mailbox',
    messages.length === 0
      ? '<p>No mail yet.</p>'
      : messages
          .map(
            ({ to, subject, text, html, sentAt }) => `<article><h2>${escapeHtml(subject || '(no subject)')}</h2>
<p>to <b>${escapeHtml(to)}</b> <time>${escapeHtml(sentAt)}</time></p><pre>${escapeHtml(text)}</pre>
${html ? `<details><summary>HTML source</summary><pre>${escapeHtml(html)}</pre></details>` : ''}</article>`,
          )
          .join(''),
  )
