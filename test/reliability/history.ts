/** A request and its answer, with the times of both. */
export interface Operation<State> {
  readonly began: number
  readonly ended: number
  /** Description for reports. */
  readonly says: string
  /** It takes effect as early as it can: what is possible after it is possible if it was earlier, too. */
  readonly isEager?: boolean
  /** The states that this answer can leave behind; none: in this state the answer is wrong. */
  step(state: State): readonly State[]
}

/** One possible course: the state, and the open operations that have taken effect. */
interface Course<State> {
  readonly state: State
  readonly done: ReadonlySet<Operation<State>>
}

/**
 * Whether overlapping operations can be ordered, each at one moment between its request and its
 * answer, so that all answers
 * are correct (Herlihy and Wing 1990). Follows all courses at once, in order of time; an operation
 * takes effect as late as
 * possible: when it ends, or when another one that ends requires it (Lowe 2017).
 *
 * @returns the first operation whose answer fits no course; `undefined` if all fit
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

/** Requests and answers by time; at equal times requests first, since they may have overlapped. */
function inOrder<State>(history: readonly Operation<State>[]) {
  const events = history.flatMap((operation) => [
    { operation, isEnd: false, at: operation.began },
    { operation, isEnd: true, at: operation.ended },
  ])
  return events.sort((a, b) => a.at - b.at || Number(a.isEnd) - Number(b.isEnd))
}

/** Every course in which the ending operation has taken effect, after any of the open ones. */
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
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const course = hastened(next, open)
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

/** The course once the eager operations that are possible in its state have taken effect. */
function hastened<State>(
  course: Course<State>,
  open: ReadonlySet<Operation<State>>,
): Course<State> {
  let { state } = course
  const done = new Set(course.done)
  for (const operation of open) {
    if (operation.isEager !== true || done.has(operation)) continue
    const [next] = operation.step(state)
    if (next === undefined) continue
    state = next
    done.add(operation)
  }
  return { state, done }
}
