import { sweep } from '../sweep.ts'

/**
 * What the engine asks of a courier service. One object serves one store: it holds that store's keys. An aggregator
 * (Biteship, RajaOngkir) speaks for several couriers, named as contracts name them: "jnt", "jne", "sicepat".
 */
export interface CourierService {
  readonly name: string
  /** which couriers it speaks for */
  readonly couriers: readonly string[]
  /** What a parcel would cost. An empty list: nobody goes there. @throws CourierError */
  rates(ask: RateAsk): Promise<Rate[]>
  /** Orders couriers; null for a service that orders nobody. */
  readonly parcels: Parcels | null
  /** Where a parcel is, whoever ordered its courier. @throws CourierError */
  track(parcel: Tracked): Promise<Tracking>
}

export interface Parcels {
  /**
   * Orders the courier. The reference is ours and unique: asked again with it, nobody comes twice.
   * @throws CourierError `known` when it was ordered before and the courier does not tell the number again
   */
  book(parcel: Parcel): Promise<Booking>
  /** @throws CourierError refused once the parcel was picked up */
  cancel(booking: Booking & { reference: string }, reason: string): Promise<void>
}

/** Where a parcel comes from or goes to; each courier takes what it needs of it. */
export interface Place {
  postalCode: string
  city: string
  district: string | null
  region: string
}

export interface RateAsk {
  courier: string
  origin: Place
  destination: Place
  /** the greater of what it weighs and what its size counts for */
  weightGrams: number
  /** what it is worth, in the store's minor units */
  valueMinor: number
}

/** One service of a courier, as "REG". */
export interface Rate {
  service: string
  description: string
  costMinor: number
  /** days from pick-up, as "2-3 days" */
  etd: string
}

export interface Party extends Place {
  name: string
  phone: string
  line1: string
  line2: string | null
}

export interface Parcel {
  reference: string
  courier: string
  service: string
  sender: Party
  recipient: Party
  weightGrams: number
  pieces: number
  /** in words, as "Oak Dining Table" */
  contents: string
  valueMinor: number
  now: Date
}

export interface Booking {
  courier: string
  trackingNumber: string
  /** the service's own id where it has one beside the tracking number */
  providerId: string | null
}

/** A parcel as it is asked for. */
export interface Tracked extends Booking {
  /** the recipient's: some couriers tell of a parcel only to who knows it */
  phone: string
}

export interface Tracking {
  state: 'booked' | 'in_transit' | 'delivered' | 'returned' | 'cancelled' | 'lost'
  /** oldest first */
  events: { at: Date; place: string | null; description: string }[]
}

/** The service that speaks for a parcel's courier, unless another one ordered it, which alone knows the parcel. */
export const ifOrderedBy = (service: CourierService | undefined, provider: string | null) =>
  provider === null || service?.name === provider ? service : undefined

/** `unavailable`: nobody knows whether it did (time-out, 5xx, garbage); `refused`: it said no; `known`: see `book`. */
export class CourierError extends Error {
  readonly kind: 'unavailable' | 'refused' | 'known'
  constructor(kind: CourierError['kind'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

/**
 * Works on all of them. A courier that is down keeps neither the other couriers nor the worker from their work, and what
 * it refuses is no error: it is asked again by the next sweep, or a person has been told.
 * @throws AggregateError of what no courier said
 */
export const forEachParcel = <T extends { storeId: string; courier: string }>(
  parcels: readonly T[],
  work: (parcel: T) => Promise<unknown>,
): Promise<void> =>
  sweep(
    parcels,
    ({ storeId, courier }) => `${storeId} ${courier}`,
    isUnavailable,
    async (parcel) => {
      try {
        await work(parcel)
      } catch (error) {
        if (!(error instanceof CourierError) || error.kind === 'unavailable') throw error
      }
    },
  )

const isUnavailable = (error: unknown) => error instanceof CourierError && error.kind === 'unavailable'
