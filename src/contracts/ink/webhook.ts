import { createHmac } from 'node:crypto'
import { proofName } from '../../engine/proofs/proofs.ts'
import type { WebhookForm } from '../../engine/webhooks/forms.ts'

/** What is told with `proof.verified`; its subject is the proof. */
interface Verified {
  /** the order as whoever enrolled it wrote it, unmasked */
  orderRef: string
  gps: { lat: number; lng: number }
  verdict: 'pass' | 'near' | 'flagged'
  verifyUrl: string
}

/**
 * INK's published webhook: a parcel was verified. Its keys are in the order of the document, and the body is compact JSON, so
 * that both documented ways of checking agree: over the body, and over JSON.stringify of what it was parsed to.
 */
export const webhookForm: WebhookForm = {
  events: ['proof.verified'],
  body: ({ subjectId, at, data }) => {
    const { orderRef, gps, verdict, verifyUrl } = data as unknown as Verified
    return {
      order_id: orderRef,
      status: 'verified',
      delivery_gps: { lat: gps.lat, lng: gps.lng },
      gps_verdict: verdict,
      proof_ref: proofName(subjectId),
      timestamp: at.toISOString(),
      verify_url: verifyUrl,
    }
  },
  headers: (body, secret) => ({ 'X-INK-Signature': createHmac('sha256', secret).update(body).digest('hex') }),
}
