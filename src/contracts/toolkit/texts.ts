import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Makes the JSON of things that requests share and that stay as they are but for one member: once a thing, with the
 * member put in anew.
 * @param toWire what is printed; its first member of that name is null
 * @returns the text of one
 */
export function jsonWithHole<T extends object>(toWire: (item: T) => object, name: string) {
  const texts = new WeakMap<T, [before: string, after: string]>()
  const hole = `"${name}":null`
  return (item: T, value: string | number): string => {
    let text = texts.get(item)
    if (!text) {
      const whole = JSON.stringify(toWire(item))
      const at = whole.indexOf(hole) // within a text, the quotes would be escaped
      texts.set(item, (text = [whole.slice(0, at + hole.length - 4), whole.slice(at + hole.length)]))
    }
    return text[0] + value + text[1]
  }
}

/**
 * Whether the client has this content already: then the answer is a 304 without a body. A weak tag: two answers of one
 * content may differ in their time stamp.
 */
export function isKnown(request: FastifyRequest, reply: FastifyReply, content: string): boolean {
  const tag = `W/"${createHash('sha1').update(content).digest('base64url')}"`
  reply.header('etag', tag)
  reply.header('cache-control', 'no-cache') // kept by browsers and asked for again each time
  const known = request.headers['if-none-match']
  return known !== undefined && (known === '*' || known.split(/\s*,\s*/).some((one) => bare(one) === bare(tag)))
}

const bare = (tag: string) => tag.replace(/^W\//, '')
