import type { Name, Operation } from './history.ts'
import type { Span } from './model.ts'
import { without } from './user-state.ts'

/** The state of a history whose requests have several steps. */
export interface Staged {
  /** Requests that have taken effect in part. */
  readonly stages: Readonly<Record<number, Stage>>
}

interface Stage {
  /** How many steps. */
  readonly done: number
  /** What they have read. */
  readonly read: number
}

export interface Taken<State> {
  readonly state: State
  /** Default: what was read before. */
  readonly read?: number
}

/** What a step of a request can lead to; nothing: it is not possible. */
export interface StepOf<State> {
  (state: State, read: number): readonly Taken<State>[]
  /** It changes nothing, and reads what is the same at each moment that it is possible. */
  readonly isEager?: boolean
}

/** A request, with the names of what it looks up or makes. */
export interface Asked extends Span {
  readonly names?: readonly Name[]
}

export const about = ({ began, ended }: Span, ...names: readonly Name[]): Asked => ({
  began,
  ended,
  names,
})

/** What a request without an effect has read. */
export const FAILED = -1

/** Requests so far. */
let requests = 0

/** Steps of one request, each after the one before. */
function inTurn<State extends Staged>(
  asked: Asked,
  says: string,
  ...steps: readonly StepOf<State>[]
): readonly Operation<State>[] {
  requests += 1
  const request = requests
  return steps.map((step, i) => ({
    ...asked,
    says: `${says} (${i + 1} of ${steps.length})`,
    isEager: step.isEager === true,
    step(state) {
      const { done, read } = state.stages[request] ?? { done: 0, read: 0 }
      if (done !== i) return []
      const isLast = i + 1 === steps.length
      return step(state, read).map((taken) => {
        const next = { done: i + 1, read: taken.read ?? read }
        const rest = without(taken.state.stages, request)
        const stages = isLast ? rest : { ...rest, [request]: next }
        return { ...taken.state, stages }
      })
    },
  }))
}

/** The steps of a request of which one was not possible: those before it have had their effect. */
const failing = <State extends Staged>(
  asked: Asked,
  says: string,
  ...steps: readonly StepOf<State>[]
): readonly Operation<State>[] =>
  inTurn(
    asked,
    says,
    ...steps.map((step, i): StepOf<State> => {
      const isLast = i + 1 === steps.length
      return (state, read) => {
        const taken = read === FAILED ? [] : step(state, read)
        if (!isLast) return taken.length === 0 ? [{ state, read: FAILED }] : taken
        const isPossible =
          taken.length === 0 || taken.some((each) => each.read === FAILED)
        return isPossible ? [{ state }] : []
      }
    }),
  )

/** Steps of one kind of histories. */
export const stepsOf = <State extends Staged>() => {
  type Step = StepOf<State>
  const eager = (step: Step): Step =>
    Object.assign((...given: Parameters<Step>) => step(...given), { isEager: true })
  return {
    inTurn: inTurn<State>,
    failing: failing<State>,
    eager,
    /** Changes nothing. */
    onlyIf: (holds: (state: State, read: number) => boolean): Step =>
      eager((state, read) => (holds(state, read) ? [{ state }] : [])),
    reading:
      (read: (state: State) => number): Step =>
      (state) => [{ state, read: read(state) }],
    changing:
      (change: (state: State) => State): Step =>
      (state) => [{ state: change(state) }],
  }
}
