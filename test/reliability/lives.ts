import type { Answer } from '../server/client.ts'
import { contention } from '../time.ts'
import type { Operation } from './history.ts'
import type { Judge } from './judging.ts'
import { lastingFor } from './lasting.ts'
import { atLeast, type Finding, type TrialContext, unavailable } from './trial.ts'

/** Concurrent clients of each user. */
const CLIENTS = 2

/** Requests of each client; then another user begins, of whom nothing is uncertain yet, so a history stays short. */
const ACTIONS = 30

/** A user of a history. */
export interface Life<State> {
  readonly name: string
  readonly initial: State
  readonly history: Operation<State>[]
  /** What a request without an answer, or with 503, has done is not known: the history is not judged. */
  isUnsure: boolean
}

/** What histories of several users contain. */
export class Seen<What extends string> {
  readonly strange: string[] = []
  readonly #must: readonly What[]
  readonly #counts = new Map<What, number>()

  constructor(must: readonly What[]) {
    this.#must = must
  }

  saw(what: What): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1)
  }

  /** An answer that says nothing about the history, unless it is 503: then nothing about the user is sure. */
  refused(life: { isUnsure: boolean }, { status }: Answer): void {
    if (status === 503) life.isUnsure = true
  }

  /** The same, where no answer but 401 is expected, of a session that has ended. */
  other(life: { isUnsure: boolean }, path: string, answer: Answer): void {
    const { status, body } = answer
    this.refused(life, answer)
    if (status !== 401 && status !== 503) this.strange.push(`${path}: ${status} ${body}`)
  }

  hasAll(): boolean {
    return this.#must.every((what) => this.#counts.has(what))
  }

  findings(): readonly Finding[] {
    return this.#must.map((what) => atLeast(1, what, this.#counts.get(what) ?? 0))
  }
}

interface LivesOptions<State, L extends Life<State>, What extends string> {
  readonly seconds: number
  /** Users at once. */
  readonly users: number
  readonly seen: Seen<What>
  readonly judge: Judge<State>
  /** @param number from 1 */
  begin(number: number): Promise<L>
  act(life: L): Promise<void>
}

/** Runs users until all that must be seen was. */
export async function lives<State, L extends Life<State>, What extends string>(
  { seconds, users, seen, judge, begin, act }: LivesOptions<State, L, What>,
  deps: Pick<TrialContext, 'progress'>,
): Promise<readonly Finding[]> {
  const before = contention()
  const all: L[] = []
  const sure = () => all.filter(({ isUnsure }) => !isUnsure)
  const count = () => sure().reduce((sum, { history }) => sum + history.length, 0)
  const isEnough = () => count() >= seconds * OPERATIONS && seen.hasAll()
  const isOver = lastingFor(seconds, { needs: isEnough })
  const client = async (life: L): Promise<void> => {
    for (let i = 0; i < ACTIONS && !life.isUnsure && !isOver(); i++)
      await act(life).catch(() => {
        life.isUnsure = true
      })
  }
  let numbers = 0
  let unbegun = 0
  const live = async (): Promise<void> => {
    numbers += 1
    const life = await begin(numbers).catch(() => undefined)
    if (life === undefined) {
      unbegun += 1
      return
    }
    all.push(life)
    await Promise.all(Array.from({ length: CLIENTS }, () => client(life)))
  }
  await Promise.all(
    Array.from({ length: users }, async () => {
      while (!isOver()) await live()
    }),
  )
  for (const answer of seen.strange.slice(0, 3)) deps.progress(answer)
  for (const { name, history, initial } of sure()) judge.judge(name, history, initial)
  const unsure = all.length - sure().length + unbegun
  return [
    atLeast(seconds * OPERATIONS, 'operations', count()),
    ...seen.findings(),
    unavailable(unsure, Math.max(before, contention())),
  ]
}

/** Each second. */
const OPERATIONS = 10
