const synonyms: Record<string, string> = { colour: 'color', warna: 'color', ukuran: 'size', finishing: 'finish' }

/** As `option_key` in the database: "Colour" and "Warna" are one option to whoever filters by it. */
export function optionNameKey(name: string): string {
  const plain = name.trim().normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
  return synonyms[plain] ?? plain
}

/** What a variant has for an option, '' when it has no such option. */
export function optionOf(names: readonly string[], values: readonly string[], key: string): string {
  const place = names.findIndex((name) => optionNameKey(name) === key)
  return place === -1 ? '' : (values[place] ?? '')
}
