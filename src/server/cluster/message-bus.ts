/** The workers that serve together, as one of them sees them. */
export interface MessageBus {
  /**
   * Asks every worker, this one included, and gives what they said, in no order.
   *
   * Whoever does not answer within a second, has no answer or fails at it is left out. Never fails itself.
   */
  askAll(question: string): Promise<readonly unknown[]>
  /** @param answer gives what JSON can carry; `undefined`: nothing to say */
  onQuestion(question: string, answer: () => unknown): void
}

/** What passes between workers through their supervisor. `id` is the asker's own count of its questions. */
export type BusMessage =
  | { readonly kind: 'ask'; readonly id: number; readonly question: string }
  /** How many others were asked. */
  | { readonly kind: 'asked'; readonly id: number; readonly others: number }
  | {
      readonly kind: 'question'
      readonly id: number
      readonly asker: number
      readonly question: string
    }
  | {
      readonly kind: 'answer'
      readonly id: number
      readonly asker: number
      readonly answer?: unknown
    }

export interface Channel {
  send(word: BusMessage): void
  listen(take: (word: BusMessage) => void): void
}

/** Milliseconds that an asker waits for the answers of others. */
const PATIENCE = 1_000

interface Asking {
  readonly answers: unknown[]
  answered: number
  others: number | undefined
  done(): void
}

/** @param channel to the supervisor; without one, a worker has no colleagues but itself */
export function messageBusVia(channel?: Channel): MessageBus {
  const known = new Map<string, () => unknown>()
  const askings = new Map<number, Asking>()
  let asked = 0

  const answerTo = (question: string): unknown => {
    try {
      return known.get(question)?.()
    } catch {
      return undefined
    }
  }

  channel?.listen((word) => {
    if (word.kind === 'question') {
      const { id, asker, question } = word
      return channel.send({ kind: 'answer', id, asker, answer: answerTo(question) })
    }
    const asking = askings.get(word.id)
    if (asking === undefined) return
    if (word.kind === 'asked') asking.others = word.others
    if (word.kind === 'answer') {
      asking.answered++
      if (word.answer !== undefined) asking.answers.push(word.answer)
    }
    if (asking.answered === asking.others) asking.done()
  })

  return {
    async askAll(question) {
      const own = answerTo(question)
      const answers = own === undefined ? [] : [own]
      if (channel === undefined) return answers
      const id = ++asked
      await new Promise<void>((done) => {
        const patience = setTimeout(done, PATIENCE)
        askings.set(id, {
          answers,
          answered: 0,
          others: undefined,
          done() {
            clearTimeout(patience)
            done()
          },
        })
        channel.send({ kind: 'ask', id, question })
      })
      askings.delete(id)
      return [...answers]
    },
    onQuestion: (question, answer) => void known.set(question, answer),
  }
}

/** The supervisor's side: passes a question on to the others, and an answer back to who asked. */
export function relay(
  from: number,
  word: BusMessage,
  workers: ReadonlyMap<number, Pick<Channel, 'send'>>,
): void {
  if (word.kind === 'ask') {
    const { id, question } = word
    const others = [...workers].filter(([worker]) => worker !== from)
    for (const [, { send }] of others)
      send({ kind: 'question', id, asker: from, question })
    workers.get(from)?.send({ kind: 'asked', id, others: others.length })
  }
  if (word.kind === 'answer') workers.get(word.asker)?.send(word)
}
