import type Sharp from 'sharp'
import { sql } from 'kysely'
import { one, statement } from '../database.ts'
import type { Db } from '../database.ts'
import type { Ctx } from '../context.ts'
import { Refusal } from '../refusal.ts'

let loading: Promise<typeof Sharp> | undefined

/** Loaded with the first picture: it takes 20 MB, and most servers see none for long. */
function loadSharp(): Promise<typeof Sharp> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    // one picture at a time in libvips' own threads: a shop's server has other things to do
    sharp.concurrency(1)
    sharp.cache(false)
    return sharp
  })
  return loading
}

/** Of one picture as it comes, in bytes. */
export const maxPictureBytes = 5 * 1024 * 1024
/** A file of a few kilobytes can unfold to gigapixels. */
const maxPixels = 40_000_000
/** The longer side of what is kept. */
const keptSide = 1600

const formats = ['jpeg', 'png', 'webp', 'gif'] as const

export interface Picture {
  bytes: Buffer
  width: number
  height: number
}

/**
 * Makes a picture anew from its pixels, as a JPEG: nothing else that was in the file survives, neither where it was taken
 * nor what a browser would run.
 * @throws Refusal picture.refused for what is no picture, is of another kind or too large; picture.busy when many wait
 */
export async function remakePicture(bytes: Uint8Array): Promise<Picture> {
  if (bytes.length > maxPictureBytes) throw refused(`a picture may have ${maxPictureBytes / 1024 / 1024} MB`)
  // drawings in SVG and documents can refer to other files, so they never reach a decoder
  if (!isRaster(bytes)) throw refused('a picture is a JPEG, PNG, WebP or GIF')
  if (waiting >= mostWaiting) throw new Refusal('picture.busy', {})
  waiting++
  const picture = last.then(() => decode(bytes)).finally(() => waiting--)
  last = picture.catch(() => {})
  return picture
}

// One after another: the largest takes a second, a hundred megabytes, and one of the few threads in which passwords
// are compared too, so that with several at once nobody could sign in.
let last: Promise<unknown> = Promise.resolve()
let waiting = 0
const mostWaiting = 50

async function decode(bytes: Uint8Array): Promise<Picture> {
  const sharp = await loadSharp()
  try {
    const image = sharp(bytes, { limitInputPixels: maxPixels, failOn: 'error', pages: 1, sequentialRead: true })
    const { format } = await image.metadata()
    if (!formats.some((known) => known === format)) throw refused('a picture is a JPEG, PNG, WebP or GIF')
    const { data, info } = await image
      .autoOrient()
      .resize({ width: keptSide, height: keptSide, fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .jpeg({ quality: 82 })
      .timeout({ seconds: 10 })
      .toBuffer({ resolveWithObject: true })
    return { bytes: data, width: info.width, height: info.height }
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw refused('the file is damaged, or has more pixels than a picture may have')
  }
}

const refused = (why: string) => new Refusal('picture.refused', { why })

const signatures = ['ffd8ff', '89504e470d0a1a0a', '47494638']

function isRaster(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, 16))
  const hex = head.toString('hex')
  const isWebp = head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP'
  return isWebp || signatures.some((signature) => hex.startsWith(signature))
}

const insert = statement(
  'media.insert',
  (p: { storeId: string; bytes: Buffer; width: number; height: number; now: Date }) =>
    sql<{ id: string }>`
    insert into media (store_id, content_type, bytes, width, height, created_at)
    values (${p.storeId}, 'image/jpeg', ${p.bytes}, ${p.width}, ${p.height}, ${p.now}) returning id`,
)

/** Keeps a picture. @returns its id */
export async function keepPicture(ctx: Ctx<Db>, picture: Picture): Promise<string> {
  return one(await insert(ctx.tx, { ...picture, storeId: ctx.store.storeId, now: ctx.now })).id
}

const byId = statement(
  'media.get',
  (p: { storeId: string; id: string }) =>
    sql<{ contentType: string; bytes: Buffer }>`
    select content_type, bytes from media where store_id = ${p.storeId} and id = ${p.id}`,
)

/** undefined when the store has none of this id */
export async function getPicture(ctx: Ctx<Db>, id: string) {
  return (await byId(ctx.tx, { storeId: ctx.store.storeId, id }))[0]
}
