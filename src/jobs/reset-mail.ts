import { escapeHtml } from '../web/html.ts'
import { system } from '../engine/context.ts'
import type { Engine } from '../engine/context.ts'
import { issueReset, resetMinutes } from '../engine/identity/reset.ts'
import type { Store } from '../engine/stores/stores.ts'
import type { Mailer } from '../providers/mail/smtp.ts'

/**
 * Sends the mail that lets a customer set a new password; sends nothing when nobody has the address.
 * @param resetUrl with {store} and {token}
 */
export async function sendReset(
  engine: Engine,
  mailer: Mailer,
  resetUrl: string,
  store: Store,
  email: string,
): Promise<void> {
  const person = await issueReset(engine.direct(store, system), email)
  if (!person) return
  const link = resetUrl.replaceAll('{store}', store.slug).replaceAll('{token}', person.token)
  const lines = [
    `Hello ${person.fullName},`,
    `somebody, we hope you, asked for a new password at ${store.name}. Set one here within ${resetMinutes} minutes:`,
    link,
    'If it was not you, do nothing: your password stays as it is.',
  ]
  await mailer.send({
    to: person.email,
    subject: `Set a new password at ${store.name}`,
    text: `${lines.join('\n\n')}\n`,
    html: lines
      .map((line) =>
        line === link ? `<p><a href="${escapeHtml(link)}">Set a new password</a></p>` : `<p>${escapeHtml(line)}</p>`,
      )
      .join('\n'),
  })
}
