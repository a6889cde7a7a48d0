import ipaddr from 'ipaddr.js'

/** Which addresses may be told anything. */
export interface TargetRules {
  /** also those of this machine and its network: for trying out */
  allowPrivate: boolean
  /** whether what is told may travel in the clear */
  allowHttp: boolean
}

/** An address that nothing is sent to. The message is one for people. */
export class TargetRefused extends Error {
  override name = 'TargetRefused'
}

/**
 * Whether an IP address is one of the public internet: nothing of this machine, a private or a provider's inner network, a
 * cloud's metadata service, or a way into one of those (IPv4 within IPv6, as of NAT64 and 6to4).
 */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const read = ipaddr.process(address) // an IPv4 address that was written as IPv6 is an IPv4 address
  if (read.range() !== 'unicast') return false
  return !(read instanceof ipaddr.IPv6) || read.match(ipaddr.IPv6.parseCIDR('2000::/3')) // all that has been given out (IANA)
}

/** The IP address that a URL names outright; null for a name. However it was spelt, `new URL` has made it a plain one. */
const literalOf = ({ hostname }: URL) => {
  const bare = hostname.replace(/^\[|\]$/g, '')
  return ipaddr.isValid(bare) ? bare : null
}

/**
 * Reads where a webhook is to go. What a name stands for is not looked up here, but when it is connected to.
 * @throws TargetRefused
 */
export function readTarget(text: string, { allowPrivate, allowHttp }: TargetRules): URL {
  const url = URL.parse(text)
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new TargetRefused('a webhook goes to an address that begins with https://')
  if (url.protocol === 'http:' && !allowHttp)
    throw new TargetRefused('a webhook goes to an address that begins with https://, so that nobody reads along')
  if (url.username !== '' || url.password !== '')
    throw new TargetRefused('a webhook’s address holds no name and no password: its signature says who sends it')
  const literal = literalOf(url)
  if (!allowPrivate && literal !== null) requirePublic(literal)
  return url
}

/** @throws TargetRefused */
export function requirePublic(address: string): void {
  if (!isPublic(address)) throw new TargetRefused(`${address} is no public address (WEBHOOK_ALLOW_PRIVATE)`)
}
