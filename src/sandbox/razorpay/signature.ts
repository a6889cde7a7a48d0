import { createHmac } from 'node:crypto'

/** Hex HMAC-SHA256: how the gateway signs both a webhook's raw body and a finished checkout. */
export const sign = (secret: string, text: string) => createHmac('sha256', secret).update(text).digest('hex')

/** What the browser checkout hands over as `razorpay_signature`. */
export const signCheckout = (keySecret: string, orderId: string, paymentId: string) =>
  sign(keySecret, `${orderId}|${paymentId}`)
