/** A message in both forms; clients that show HTML take that one. */
export interface Mail {
  to: string
  subject: string
  text: string
  html: string
}

export interface Mailer {
  /** @throws Error when the mail server did not take the message: the job is tried again */
  send(mail: Mail): Promise<void>
  close(): void
}

/**
 * Sends by SMTP.
 * @param url smtp://user:password@host:port, or smtps://
 * @param from the sender's address, as in a From header
 */
export function createMailer(url: string, from: string): Mailer {
  let opening: Promise<import('nodemailer').Transporter> | undefined
  // loaded with the first mail: API processes that only write jobs never need it
  const transport = () =>
    (opening ??= import('nodemailer').then(({ createTransport }) =>
      createTransport({
        url,
        pool: true,
        maxConnections: 2,
        connectionTimeout: 10_000,
        greetingTimeout: 10_000,
        socketTimeout: 30_000,
      }),
    ))
  return {
    send: async (mail) => {
      await (await transport()).sendMail({ from, ...mail })
    },
    close: () => void opening?.then((open) => open.close()),
  }
}
