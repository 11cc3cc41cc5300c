import { createTransport } from 'nodemailer'
import type { Mail } from './receivers/email.ts'
import { UnsendableError } from './receivers/receiver.ts'
import { NotNowError } from './send.ts'

export interface Mailer extends Disposable {
  /** Of the sender's address. */
  readonly host: string
  /** @throws UnsendableError, NotNowError */
  send(mail: Mail): Promise<void>
}

const TIMEOUT_MS = 10_000

/** Sends by an SMTP server. @param smtpUrl `smtps://user:password@host`; absent: there is none, and nothing can be sent */
export function createMailer({ smtpUrl, from }: { smtpUrl: string | undefined; from: string }): Mailer {
  const transport =
    smtpUrl === undefined
      ? undefined
      : createTransport({
          url: smtpUrl,
          connectionTimeout: TIMEOUT_MS,
          greetingTimeout: TIMEOUT_MS,
          socketTimeout: TIMEOUT_MS,
        })
  return {
    host: from.slice(from.lastIndexOf('@') + 1).replace(/>.*$/, ''),
    async send({ to, ...mail }) {
      if (!transport) {
        throw new UnsendableError('The cloud has no SMTP server: set SMTP_URL_FILE (or SMTP_URL), and send it again.')
      }
      try {
        await transport.sendMail({ ...mail, from, to: [...to] })
      } catch (error) {
        const { message, responseCode = 0 } = error as Error & { responseCode?: number }
        if (responseCode >= 500) throw new UnsendableError(`The SMTP server refused the mail: ${message}`)
        throw new NotNowError(`The SMTP server did not take the mail (${message})`)
      }
    },
    [Symbol.dispose]: () => transport?.close(),
  }
}
