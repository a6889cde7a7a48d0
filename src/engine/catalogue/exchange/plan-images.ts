import type { FoundImage } from './existing.ts'
import type { Pair } from './plan-variants.ts'
import type { ImageRecord } from './record.ts'

/** The images that a product will have, in place of its own and of those of the variants named. */
export interface PlannedImages {
  productId: string
  variantIds: string[]
  rows: { productId: string; variantId: string | null; url: string; alt: string | null; position: number }[]
}

/**
 * Decides which images are the product's and which a variant's alone. A product without any image in the file keeps
 * those that it has; so do the variants that the file does not have.
 * @returns undefined when they are so already
 */
export function planImages(
  productId: string,
  images: readonly ImageRecord[],
  pairs: readonly Pair[],
  found: readonly FoundImage[],
): PlannedImages | undefined {
  if (images.length === 0) return undefined
  const ids = new Set(pairs.map((pair) => pair.id))
  const elsewhere = new Set(
    found.filter((image) => image.variantId && !ids.has(image.variantId)).map((image) => image.url),
  )
  const owners = ownersOf(images, pairs)
  const rows: PlannedImages['rows'] = []
  const owned = new Set<string>()
  for (const [i, { url, alt }] of images.entries()) {
    const variantIds = owners.get(url)
    if (owned.has(url) || (!variantIds && elsewhere.has(url))) continue
    if (variantIds) owned.add(url)
    for (const variantId of variantIds ?? [null])
      rows.push({ productId, variantId, url, alt: alt ?? null, position: i + 1 })
  }
  const kept = found.filter((image) => !image.variantId || ids.has(image.variantId))
  const isSame =
    kept.length === rows.length &&
    kept.every((image, i) => {
      const row = rows[i]!
      return image.url === row.url && image.variantId === row.variantId && (image.alt ?? '').trim() === (row.alt ?? '')
    })
  return isSame ? undefined : { productId, variantIds: [...ids], rows }
}

/** Which variants an image is of. The first stays the product's where a variant would be left without any. */
function ownersOf(images: readonly ImageRecord[], pairs: readonly Pair[]) {
  const owners = new Map<string, string[]>()
  for (const { id, record } of pairs) {
    if (!record.imageUrl) continue
    const ids = owners.get(record.imageUrl)
    if (ids) ids.push(id)
    else owners.set(record.imageUrl, [id])
  }
  const isBare = pairs.some((pair) => !pair.record.imageUrl) && images.every((image) => owners.has(image.url))
  if (isBare) owners.delete(images[0]!.url)
  return owners
}
