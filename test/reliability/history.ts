/** A request and its answer, with the times of both. */
export interface Operation<State> {
  readonly began: number
  readonly ended: number
  /** Description for reports. */
  readonly says: string
  /** It takes effect as early as it can: what is possible after it is possible if it was earlier, too. */
  readonly isEager?: boolean
  /** What its step looks up in the state, by names; for `forget`. */
  readonly names?: readonly Name[]
  /** The states that this answer can leave behind; none: in this state the answer is wrong. */
  step(state: State): readonly State[]
}

/** Of a ticket, a code, a session, … */
export type Name = number | string

export interface SearchOptions<State> {
  /** Removes from a state what is named by none of the operations that are open or to come. */
  forget?(state: State, isNamed: (name: Name) => boolean): State
  /** How many courses are followed at most, in all. Default: 200,000. */
  readonly limit?: number
}

/** Whether a history is possible. */
export type Judgement<State> = {
  /** How many courses were followed. */
  readonly courses: number
} & (
  | { readonly kind: 'possible' | 'undecided' }
  /** The first operation whose answer fits no course. */
  | { readonly kind: 'misfit'; readonly operation: Operation<State> }
)

const MOST_COURSES = 200_000

/** States that are kept, once those of no course are more. */
const MOST_STATES = 20_000

/**
 * Whether overlapping operations can be ordered, each at one moment between its request and its answer, so that all answers are
 * correct (Herlihy and Wing 1990). Follows all courses at once, in order of time; an operation takes effect as late as possible: when
 * it ends, or when another one that ends requires it (Lowe 2017).
 */
export function judge<State>(
  history: readonly Operation<State>[],
  initial: State,
  options: SearchOptions<State> = {},
): Judgement<State> {
  const search = new Search(options)
  const events = inOrder(history)
  const lastUse = lastUses(events)
  let courses = search.from(initial)
  for (const [i, { operation, isEnd }] of events.entries()) {
    if (!isEnd) search.begin(operation)
    else {
      courses = search.end(operation, courses)
      if (search.isExhausted) return { kind: 'undecided', courses: search.followed }
      if (courses.length === 0)
        return { kind: 'misfit', operation, courses: search.followed }
      courses = search.forgotten(courses, (name) => (lastUse.get(name) ?? -1) > i)
    }
  }
  return { kind: 'possible', courses: search.followed }
}

interface Event<State> {
  readonly operation: Operation<State>
  readonly isEnd: boolean
  readonly at: number
}

/** Requests and answers by time; at equal times requests first, since they may have overlapped. */
function inOrder<State>(history: readonly Operation<State>[]): readonly Event<State>[] {
  const events = history.flatMap((operation) => [
    { operation, isEnd: false, at: operation.began },
    { operation, isEnd: true, at: operation.ended },
  ])
  return events.sort((a, b) => a.at - b.at || Number(a.isEnd) - Number(b.isEnd))
}

/** The last event of an operation that has each name. */
const lastUses = <State>(events: readonly Event<State>[]): ReadonlyMap<Name, number> =>
  new Map(
    events.flatMap(({ operation: { names = [] } }, i) =>
      names.map((name) => [name, i] as const),
    ),
  )

/** One possible course: the state, and the open operations that have taken effect, by their numbers in order. */
interface Course {
  readonly state: number
  readonly done: readonly number[]
}

const keyOf = ({ state, done }: Course): string => `${state}:${done}`

const withDone = ({ done }: Course, operation: number, state: number): Course => ({
  state,
  done: [...done, operation].sort((a, b) => a - b),
})

/** Numbers for states, and for operations that are open, with what each operation leads to from each state. */
class Search<State> {
  /** Courses so far. */
  followed = 0
  readonly #options: SearchOptions<State>
  readonly #states: State[] = []
  readonly #numbers = new Map<string, number>()
  readonly #open = new Map<Operation<State>, number>()
  /** By operation and state. */
  readonly #steps = new Map<number, Map<number, readonly number[]>>()
  #operations = 0

  constructor(options: SearchOptions<State>) {
    this.#options = options
  }

  get isExhausted(): boolean {
    return this.followed > (this.#options.limit ?? MOST_COURSES)
  }

  from(initial: State): readonly Course[] {
    return [{ state: this.#numberOf(initial), done: [] }]
  }

  begin(operation: Operation<State>): void {
    this.#open.set(operation, this.#operations)
    this.#steps.set(this.#operations, new Map())
    this.#operations += 1
  }

  /** Every course in which the operation has taken effect, after any of the open ones. */
  end(operation: Operation<State>, courses: readonly Course[]): readonly Course[] {
    const ending = this.#open.get(operation) as number
    const through = this.#completed(ending, courses)
    this.#open.delete(operation)
    this.#steps.delete(ending)
    return through
  }

  #completed(ending: number, courses: readonly Course[]): readonly Course[] {
    const seen = new Set<string>()
    const through = new Map<string, Course>()
    const queue = [...courses]
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const course = this.#hastened(next)
      const key = keyOf(course)
      if (seen.has(key)) continue
      seen.add(key)
      this.followed += 1
      if (this.isExhausted) return []
      if (course.done.includes(ending)) {
        const rest = { ...course, done: course.done.filter((each) => each !== ending) }
        through.set(keyOf(rest), rest)
      } else queue.push(...this.#next(course))
    }
    return [...through.values()]
  }

  /** The courses once one more operation has taken effect. */
  #next(course: Course): readonly Course[] {
    return [...this.#open].flatMap(([operation, number]) => {
      if (course.done.includes(number)) return []
      const states = this.#after(operation, number, course.state)
      return states.map((state) => withDone(course, number, state))
    })
  }

  /** The course once the eager operations that are possible in its state have taken effect. */
  #hastened(given: Course): Course {
    let course = given
    for (const [operation, number] of this.#open) {
      if (operation.isEager !== true || course.done.includes(number)) continue
      const [state] = this.#after(operation, number, course.state)
      if (state !== undefined) course = withDone(course, number, state)
    }
    return course
  }

  /** The courses without what no operation names any more. */
  forgotten(
    courses: readonly Course[],
    isNamed: (name: Name) => boolean,
  ): readonly Course[] {
    const { forget = (state: State) => state } = this.#options
    const rest = courses.map(({ state, done }) => ({
      state: forget(this.#stateOf(state), isNamed),
      done,
    }))
    if (this.#states.length > MOST_STATES) this.#clear()
    const numbered = rest.map(({ state, done }) => ({
      state: this.#numberOf(state),
      done,
    }))
    return [...new Map(numbered.map((course) => [keyOf(course), course])).values()]
  }

  #clear(): void {
    this.#states.length = 0
    this.#numbers.clear()
    for (const known of this.#steps.values()) known.clear()
  }

  #after(operation: Operation<State>, number: number, state: number): readonly number[] {
    const known = this.#steps.get(number)
    const found = known?.get(state)
    if (found !== undefined) return found
    const states = operation.step(this.#stateOf(state))
    const after = states.map((each) => this.#numberOf(each))
    known?.set(state, after)
    return after
  }

  #stateOf(number: number): State {
    return this.#states[number] as State
  }

  #numberOf(state: State): number {
    const key = JSON.stringify(state)
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#numbers.set(key, this.#states.length)
    return this.#states.push(state) - 1
  }
}
