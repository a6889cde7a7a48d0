/** Outages in a row after which the rest of what the same service is asked for waits for the next sweep. */
const patience = 3

/**
 * Works on all of them: what goes wrong with one is no reason to leave the rest. A service that failed thrice in a row
 * is left alone until the next sweep, so that an outage does not keep the worker from its other work.
 * @param serviceOf names the service that an item needs
 * @param isOutage whether an error says that the service cannot be reached: such errors are not thrown
 * @throws AggregateError of what was no outage
 */
export async function sweep<T>(
  items: readonly T[],
  serviceOf: (item: T) => string,
  isOutage: (error: unknown) => boolean,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const outages = new Map<string, number>()
  const errors: unknown[] = []
  for (const item of items) {
    const service = serviceOf(item)
    const failed = outages.get(service) ?? 0
    if (failed >= patience) continue
    try {
      await work(item)
      outages.delete(service)
    } catch (error) {
      if (isOutage(error)) outages.set(service, failed + 1)
      else errors.push(error)
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} of ${items.length} could not be worked on`)
}
