interface Batch<I, R> {
  items: I[]
  answer: Promise<R>
}

/**
 * Lets many who ask for the like at once share one question: those that come while one is under way wait for the next,
 * which is sent after they came. Nobody is answered by a question that was asked before they came.
 * @param ask what is asked for all items of one key together
 * @param gatherMs how long the first of them waits for others, once none is under way
 * @returns asks; what it answers is the same for all that were asked for together
 */
export function shared<I, R>(ask: (key: string, items: I[]) => Promise<R>, gatherMs = 0) {
  const waiting = new Map<string, Batch<I, R>>()
  const running = new Map<string, Promise<unknown>>()

  const send = async (key: string, items: I[]): Promise<R> => {
    await running.get(key)
    // at least until this turn's other requests have joined
    await new Promise<unknown>((resolve) => (gatherMs > 0 ? setTimeout(resolve, gatherMs) : setImmediate(resolve)))
    waiting.delete(key)
    const answer = ask(key, items)
    const done = answer.then(
      () => {},
      () => {},
    )
    running.set(key, done)
    void done.then(() => running.get(key) === done && running.delete(key))
    return answer
  }

  return (key: string, item: I): Promise<R> => {
    const joined = waiting.get(key)
    if (joined) {
      joined.items.push(item)
      return joined.answer
    }
    const items = [item]
    const answer = send(key, items)
    waiting.set(key, { items, answer })
    return answer
  }
}
