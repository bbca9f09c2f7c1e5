import { type Milliseconds, milliseconds } from '../../base/clock.ts'

/** Lets the worker processes of a server ask each other questions. Each worker has one. */
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

/** How long the answers of other workers are waited for. */
const ANSWER_TIMEOUT = milliseconds(1_000)

/** @param channel without it, this process is the only worker */
export function messageBus(channel?: Channel): MessageBus {
  const bus = new WorkerBus(channel)
  return {
    askAll: (question) => bus.askAll(question),
    onQuestion: (question, answer) => bus.onQuestion(question, answer),
  }
}

class WorkerBus implements MessageBus {
  readonly #channel: Channel | undefined
  readonly #answerers = new Map<string, () => unknown>()
  readonly #pending = new Map<number, PendingQuestion>()
  #lastId = 0

  constructor(channel: Channel | undefined) {
    this.#channel = channel
    channel?.listen((message) => this.#receive(message, channel))
  }

  async askAll(question: string): Promise<readonly unknown[]> {
    const own = this.#answerTo(question)
    const answers = [own, ...(await this.#askOthers(question))]
    return answers.filter((answer) => answer !== undefined)
  }

  onQuestion(question: string, answer: () => unknown): void {
    this.#answerers.set(question, answer)
  }

  async #askOthers(question: string): Promise<readonly unknown[]> {
    if (this.#channel === undefined) return []
    const id = ++this.#lastId
    const pending = new PendingQuestion()
    this.#pending.set(id, pending)
    this.#channel.send({ kind: 'ask', id, question })
    const answers = await pending.answers(ANSWER_TIMEOUT)
    this.#pending.delete(id)
    return answers
  }

  #receive(message: BusMessage, channel: Channel): void {
    if (message.kind !== 'question') {
      this.#pending.get(message.id)?.receive(message)
      return
    }
    const { id, asker, question } = message
    channel.send({ kind: 'answer', id, asker, answer: this.#answerTo(question) })
  }

  #answerTo(question: string): unknown {
    try {
      return this.#answerers.get(question)?.()
    } catch {
      return undefined
    }
  }
}

/** A question that not all other workers have replied to yet; a reply may have no answer. */
class PendingQuestion {
  readonly #done = Promise.withResolvers<void>()
  readonly #answers: unknown[] = []
  #replied = 0
  /** `undefined` until the supervisor has counted the others. */
  #others: number | undefined

  async answers(timeout: Milliseconds): Promise<readonly unknown[]> {
    const timer = setTimeout(this.#done.resolve, timeout)
    await this.#done.promise
    clearTimeout(timer)
    return [...this.#answers]
  }

  receive(message: BusMessage): void {
    if (message.kind === 'asked') this.#others = message.others
    if (message.kind === 'answer') {
      this.#replied++
      this.#answers.push(message.answer)
    }
    if (this.#replied === this.#others) this.#done.resolve()
  }
}

/** The supervisor's part: passes a question to the other workers, and an answer to the worker that asked. */
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
