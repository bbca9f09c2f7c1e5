import { type Judgement, judge, type Operation, type SearchOptions } from './history.ts'
import { exactly, type Finding, type TrialContext } from './trial.ts'

/** Operations before a wrong answer that are reported. */
const REPORTED = 40

/** Judges histories of one kind, and reports what fits no order. */
export class Judge<State> {
  readonly #options: SearchOptions<State>
  readonly #progress: TrialContext['progress']
  readonly #judgements: Judgement<State>[] = []

  constructor(
    { progress }: Pick<TrialContext, 'progress'>,
    options: SearchOptions<State> = {},
  ) {
    this.#progress = progress
    this.#options = options
  }

  judge(whose: string, history: readonly Operation<State>[], initial: State): void {
    const judgement = judge(history, initial, this.#options)
    this.#judgements.push(judgement)
    if (judgement.kind === 'undecided')
      this.#progress(`${whose}: not decided after ${judgement.courses} courses`)
    if (judgement.kind === 'misfit') this.#report(whose, history, judgement.operation)
  }

  #report(
    whose: string,
    history: readonly Operation<State>[],
    misfit: Operation<State>,
  ): void {
    this.#progress(`${whose}: this fits no order: ${misfit.says}`)
    const before = history
      .filter(({ began }) => began <= misfit.ended)
      .sort((a, b) => a.began - b.began)
    for (const { says, began, ended } of before.slice(-REPORTED))
      this.#progress(`  ${began.toFixed(1)} – ${ended.toFixed(1)}  ${says}`)
  }

  /** @param misfits what has a wrong answer */
  findings(misfits: string): readonly Finding[] {
    const count = (kind: Judgement<State>['kind']): number =>
      this.#judgements.filter((each) => each.kind === kind).length
    const most = Math.max(0, ...this.#judgements.map(({ courses }) => courses))
    this.#progress(`${this.#judgements.length} histories, of at most ${most} courses`)
    return [
      exactly(0, misfits, count('misfit')),
      exactly(0, `${misfits}: not decided`, count('undecided')),
    ]
  }
}
