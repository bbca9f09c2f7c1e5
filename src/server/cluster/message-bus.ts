/** Questions to all worker processes that serve together, as one of them sees it. */
export interface MessageBus {
  /**
   * Asks every worker, this one included.
   *
   * @returns the answers, in no order; without those of workers that have none, fail, or need more than a second. Never
   *   rejects
   */
  askAll(question: string): Promise<readonly unknown[]>
  /** @param answer returns what JSON can carry; `undefined` for no answer */
  onQuestion(question: string, answer: () => unknown): void
}

/** A message between workers, relayed by their supervisor. `id` numbers the questions of one worker. */
export type BusMessage =
  /** From the asking worker to the supervisor, which returns `asked` and sends a `question` to each other worker. */
  | { readonly kind: 'ask'; readonly id: number; readonly question: string }
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

/** The connection of a worker to its supervisor. */
export interface Channel {
  send(message: BusMessage): void
  listen(receive: (message: BusMessage) => void): void
}

/** Milliseconds to wait for the answers of others. */
const ANSWER_TIMEOUT = 1_000

interface PendingQuestion {
  readonly answers: unknown[]
  /** How many have replied, with an answer or without. */
  replied: number
  /** Unknown until the supervisor has counted the others. */
  others: number | undefined
  done(): void
}

/** @param channel without it, this process is the only worker */
export function messageBus(channel?: Channel): MessageBus {
  const answerers = new Map<string, () => unknown>()
  const pending = new Map<number, PendingQuestion>()
  let lastId = 0

  const ownAnswer = (question: string): unknown => {
    try {
      return answerers.get(question)?.()
    } catch {
      return undefined
    }
  }

  channel?.listen((message) => {
    if (message.kind === 'question') {
      const { id, asker, question } = message
      channel.send({ kind: 'answer', id, asker, answer: ownAnswer(question) })
      return
    }
    const asked = pending.get(message.id)
    if (asked !== undefined) receiveReply(asked, message)
  })

  return {
    async askAll(question) {
      const answers = [ownAnswer(question)].filter((answer) => answer !== undefined)
      if (channel === undefined) return answers
      const id = ++lastId
      await new Promise<void>((resolve) => {
        const timeout = setTimeout(resolve, ANSWER_TIMEOUT)
        const done = (): void => {
          clearTimeout(timeout)
          resolve()
        }
        pending.set(id, { answers, replied: 0, others: undefined, done })
        channel.send({ kind: 'ask', id, question })
      })
      pending.delete(id)
      return [...answers]
    },
    onQuestion: (question, answer) => void answerers.set(question, answer),
  }
}

function receiveReply(asked: PendingQuestion, message: BusMessage): void {
  if (message.kind === 'asked') asked.others = message.others
  if (message.kind === 'answer') {
    asked.replied++
    if (message.answer !== undefined) asked.answers.push(message.answer)
  }
  if (asked.replied === asked.others) asked.done()
}

/** The supervisor's side: sends a question to the other workers, and an answer to the worker that asked. */
export function relay(
  from: number,
  message: BusMessage,
  workers: ReadonlyMap<number, Pick<Channel, 'send'>>,
): void {
  if (message.kind === 'answer') workers.get(message.asker)?.send(message)
  if (message.kind !== 'ask') return
  const { id, question } = message
  const others = [...workers].filter(([worker]) => worker !== from)
  for (const [, other] of others)
    other.send({ kind: 'question', id, asker: from, question })
  workers.get(from)?.send({ kind: 'asked', id, others: others.length })
}
