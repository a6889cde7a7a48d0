/** Standard sizes along one dimension of the body. */
export interface Series {
  /** the body's girth that each size is made for, cm, in order */
  readonly sizesCm: readonly number[]
  /** letter -> the sizes it stands for; no letters for trousers */
  readonly letters?: Readonly<Record<string, readonly number[]>>
}

export interface Chart {
  readonly name: string
  readonly source: string
  /** chest for men, bust for women: one measurement, at the height of the nipples (ISO 8559-1, 5.3.4) */
  readonly chest: Series
  readonly waist: Series
}

/** From first to last by a step, cm. */
const even = (first: number, last: number, by: number) =>
  Array.from({ length: Math.round((last - first) / by) + 1 }, (_, i) => first + i * by)

const source =
  'EN 13402-3:2004, Size designation of clothes, measurements and intervals (primary dimensions: EN 13402-2, now ISO 8559-2:2017)'

/**
 * The standard's sizes for men and for women by its intervals: 4 cm apart, larger ones 6 cm. Letters stand for two
 * sizes each, so that M is a chest of 94 to 102 cm for men. The figures are those that public sources reprint: whoever
 * labels goods by them compares with the standard itself.
 */
export const charts = {
  'en-men': {
    name: 'EN 13402-3, men',
    source,
    chest: {
      sizesCm: [...even(72, 120, 4), ...even(126, 144, 6)],
      letters: {
        XXS: [72, 76],
        XS: [80, 84],
        S: [88, 92],
        M: [96, 100],
        L: [104, 108],
        XL: [112, 116],
        XXL: [120, 126],
        '3XL': [132, 138],
      },
    },
    waist: { sizesCm: [...even(72, 108, 4), ...even(114, 132, 6)] },
  },
  'en-women': {
    name: 'EN 13402-3, women',
    source,
    chest: {
      sizesCm: [...even(68, 104, 4), ...even(110, 152, 6)],
      letters: {
        XXS: [68, 72],
        XS: [76, 80],
        S: [84, 88],
        M: [92, 96],
        L: [100, 104],
        XL: [110, 116],
        XXL: [122, 128],
        '3XL': [134, 140],
      },
    },
    waist: { sizesCm: [...even(60, 88, 4), ...even(94, 112, 6)] },
  },
} as const satisfies Record<string, Chart>

export type ChartId = keyof typeof charts

/** The standard size that is nearest to a girth, and what else comes into question. */
export interface NearestSize {
  readonly sizeCm: number
  /** null where the standard has no letter for it */
  readonly letter: string | null
  /** how far the body is above the size, mm; negative below */
  readonly offMm: number
  /** a neighbour whose border is nearer than the girth is known */
  readonly orCm: number | null
}

/**
 * The size whose interval holds a girth: from half way to the next smaller one to half way to the next larger one.
 * @param knownMm how well the girth is known: nearer to a border than that, the neighbour is named too
 * @returns null for a girth beyond the series, which is not continued
 */
export function nearestSize({ sizesCm, letters }: Series, girthMm: number, knownMm: number): NearestSize | null {
  const last = sizesCm.length - 1
  const border = (i: number) =>
    10 *
    (i < 0
      ? sizesCm[0] - (sizesCm[1] - sizesCm[0]) / 2
      : i === last
        ? sizesCm[last] + (sizesCm[last] - sizesCm[last - 1]) / 2
        : (sizesCm[i] + sizesCm[i + 1]) / 2)
  if (!(girthMm >= border(-1) && girthMm < border(last))) return null
  const i = sizesCm.findIndex((_, k) => girthMm < border(k))
  const sizeCm = sizesCm[i]
  const letter = Object.entries(letters ?? {}).find(([, sizes]) => sizes.includes(sizeCm))?.[0] ?? null
  const below = girthMm - border(i - 1) < knownMm && i > 0
  const above = border(i) - girthMm < knownMm && i < last
  return {
    sizeCm,
    letter,
    offMm: girthMm - 10 * sizeCm,
    orCm: below ? sizesCm[i - 1] : above ? sizesCm[i + 1] : null,
  }
}
