/** One line of a parcel; what a product does not say of itself is null. */
export interface Piece {
  weightGrams: number | null
  lengthCm: number | null
  widthCm: number | null
  heightCm: number | null
  quantity: number
}

/** What a piece counts for whose weight nobody entered: the kilogram at which couriers' tariffs begin. */
const unknownWeightGrams = 1000

/**
 * What a courier charges for: the greater of what the parcel weighs and what its size counts for, each summed over
 * all pieces before they are compared. A piece that lacks one of its three sizes has no volume.
 * @param divisor cm³ that count as one kilogram: 6000 for regular services, 4000 or 5000 for some others
 * @returns whole grams, rounded up
 * Volumetric weight in kg = length × width × height in cm / 6000: the divisor of IATA's cargo tariff, and the one of
 * J&T Express Indonesia's regular service.
 */
export function chargeableGrams(pieces: readonly Piece[], divisor = 6000): number {
  let actualGrams = 0
  let volumeCm3 = 0
  for (const { weightGrams, lengthCm, widthCm, heightCm, quantity } of pieces) {
    actualGrams += (weightGrams ?? unknownWeightGrams) * quantity
    volumeCm3 += (lengthCm ?? 0) * (widthCm ?? 0) * (heightCm ?? 0) * quantity
  }
  return Math.ceil(Math.max(actualGrams, (volumeCm3 * 1000) / divisor))
}
