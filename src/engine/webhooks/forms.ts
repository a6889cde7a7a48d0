import type { EventType } from '../events/events.ts'

/** An event, as whoever words it is given it: the row, which never changes. */
export interface WebhookEvent {
  type: string
  subjectId: string
  at: Date
  data: Record<string, unknown>
}

/** In whose words an endpoint is told: a contract's that has published its webhook. */
export interface WebhookForm {
  /** what it has words for: an endpoint in this form can ask for nothing else */
  events: readonly EventType[]
  /** The same object for the same event at every try, its keys in the order in which they are sent. */
  body(event: WebhookEvent): object
  /** What its receivers look for, beside the headers of Standard Webhooks. @param body exactly as it is sent */
  headers?(body: string, secret: string): Record<string, string>
}

/** Our own: what happened, when, to whom, and what is told with it. */
export const ownBody = ({ type, subjectId, at, data }: WebhookEvent): object => ({
  type,
  timestamp: at.toISOString(),
  data: { id: subjectId, ...data },
})
