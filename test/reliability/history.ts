/** What somebody asked for, from the moment of asking to the moment of the answer, which is known here. */
export interface Operation<State> {
  readonly began: number
  readonly ended: number
  /** For whoever reads of it. */
  readonly says: string
  /** The states in which this answer to it in this state can leave the thing; none: in this state it is no right answer. */
  step(state: State): readonly State[]
}

/** One way in which it may have gone so far: what the state is now, and which open operations have taken effect. */
interface Course<State> {
  readonly state: State
  readonly done: ReadonlySet<Operation<State>>
}

/**
 * Whether operations that overlapped in time can have happened one after the other, each at one moment between its beginning
 * and its end, so that all answers were right (Herlihy and Wing 1990). All courses are followed at once, in the order of time;
 * an operation takes effect when it has to, at its end, or when another one that ends needs it to have (Lowe 2017).
 *
 * @returns the first operation whose answer fits no course; `undefined` where there is none
 */
export function firstMisfit<State>(
  history: readonly Operation<State>[],
  initial: State,
): Operation<State> | undefined {
  const open = new Set<Operation<State>>()
  let courses: readonly Course<State>[] = [{ state: initial, done: new Set() }]
  for (const { operation, isEnd } of inOrder(history)) {
    if (!isEnd) open.add(operation)
    else {
      courses = completed(operation, courses, open)
      if (courses.length === 0) return operation
      open.delete(operation)
    }
  }
  return undefined
}

/** Beginnings and ends by time. Of what happened in the same moment the beginnings come first: it may have overlapped. */
function inOrder<State>(history: readonly Operation<State>[]) {
  const events = history.flatMap((operation) => [
    { operation, isEnd: false, at: operation.began },
    { operation, isEnd: true, at: operation.ended },
  ])
  return events.sort((a, b) => a.at - b.at || Number(a.isEnd) - Number(b.isEnd))
}

/** Every course in which an operation that ends has taken effect, after whichever of the open ones. */
function completed<State>(
  ending: Operation<State>,
  courses: readonly Course<State>[],
  open: ReadonlySet<Operation<State>>,
): readonly Course<State>[] {
  const numbers = new Map([...open].map((operation, i) => [operation, i]))
  const keyOf = ({ state, done }: Course<State>): string =>
    JSON.stringify([state, [...done].map((operation) => numbers.get(operation)).sort()])
  const seen = new Set<string>()
  const through = new Map<string, Course<State>>()
  const queue = [...courses]
  for (let course = queue.pop(); course !== undefined; course = queue.pop()) {
    const { state, done } = course
    const key = keyOf(course)
    if (seen.has(key)) continue
    seen.add(key)
    if (done.has(ending)) {
      const rest = {
        state,
        done: new Set([...done].filter((operation) => operation !== ending)),
      }
      through.set(keyOf(rest), rest)
      continue
    }
    for (const operation of open) {
      if (done.has(operation)) continue
      for (const next of operation.step(state))
        queue.push({ state: next, done: new Set([...done, operation]) })
    }
  }
  return [...through.values()]
}
