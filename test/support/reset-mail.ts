import type { Engine } from '../../src/engine/context.ts'
import { execute } from '../../src/engine/database.ts'
import { request } from './installation.ts'
import type { Wire } from './installation.ts'
import { until } from './wait.ts'

/** What the sandbox's mailbox has of reset mails. @param forgot asks for one, as a contract has it */
export function resetMails(
  { engine, sandbox }: { engine: Engine; sandbox: { url: string } },
  forgot: (email: string) => Promise<unknown>,
) {
  const jobsAreDone = () =>
    until('the jobs are done', async () => {
      const [[left]] = (await execute(
        engine.db,
        "select count(*) from graphile_worker.jobs where task_identifier = 'send-reset'",
      )) as [[number]]
      return left === 0
    })

  /** An address's mail, newest first. */
  const mailTo = async (email: string): Promise<Wire[]> =>
    (await request(`${sandbox.url}/mail/messages?to=${encodeURIComponent(email)}`, { method: 'GET' })).body

  /** Asks for a reset mail. @returns the mail that came for it, and its link and token */
  async function ask(email: string) {
    const before = (await mailTo(email)).length
    await forgot(email)
    const [mail] = await until('the mail came', async () => {
      const all = await mailTo(email)
      return all.length > before && all
    })
    const link = new URL(/https?:\/\/\S+/.exec(mail.text)![0])
    return { mail, link, token: link.searchParams.get('token')! }
  }

  return { jobsAreDone, mailTo, ask }
}
