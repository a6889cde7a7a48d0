/** "Water Ionizers & Filters" -> "water-ionizers-filters"; letters of every script stay, 100 at most. */
export const slugify = (name: string) =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 100)
    .toWellFormed() || 'item'

/**
 * Gives each name a slug of its own: where the plain one is taken, the first number that is free.
 * @param used every slug that begins like one of theirs; the new ones are added
 */
export function freeSlugs(names: readonly string[], used: Set<string>): string[] {
  return names.map((name) => {
    const base = slugify(name)
    let slug = base
    for (let number = 2; used.has(slug); number++) slug = `${base}-${number}`
    used.add(slug)
    return slug
  })
}
