import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Chance } from '../differential/random.ts'
import { judge, type Name, type Operation, type SearchOptions } from './history.ts'

/** Codes that were used. */
type Used = readonly number[]

interface Use {
  readonly code: number
  readonly began: number
  readonly ended: number
  /** `undefined`: the answer does not say whether the code was used. */
  readonly isUsed: boolean | undefined
}

const use = ({ code, began, ended, isUsed }: Use): Operation<Used> => ({
  began,
  ended,
  says: `${code}: ${isUsed}`,
  names: [code],
  step(used) {
    const isLeft = !used.includes(code)
    const next = isLeft ? [...used, code].sort((a, b) => a - b) : used
    if (isUsed === undefined) return isLeft ? [used, next] : [used]
    return isLeft === isUsed ? [next] : []
  },
})

const forget = (used: Used, isNamed: (name: Name) => boolean): Used =>
  used.filter(isNamed)

/** Requests that overlap all at once, round after round, each with a code of its own. */
const rounds = (
  count: number,
  width: number,
  isUsed: boolean | undefined,
): readonly Operation<Used>[] =>
  Array.from({ length: count * width }, (_, code) => {
    const began = 100 * Math.floor(code / width)
    return use({ code, isUsed, began, ended: began + 50 + (code % width) })
  })

const ROUNDS = 50
const WIDTH = 6

/** Those of one round: each of its requests has had no effect yet, or one of two. */
const COURSES = 3 ** WIDTH

test('answers that say nothing are followed no further than their codes are used', () => {
  const history = rounds(ROUNDS, WIDTH, undefined)
  const { kind, courses } = judge(history, [], { forget })
  assert.equal(kind, 'possible')
  assert.ok(courses < ROUNDS * 2 * COURSES, `${courses} courses`)
})

test('the order of requests that have nothing to do with each other is not followed', () => {
  const { kind, courses } = judge(rounds(ROUNDS, WIDTH, true), [])
  assert.equal(kind, 'possible')
  assert.ok(courses < ROUNDS * 2 ** (WIDTH + 1), `${courses} courses`)
})

test('a history with too many courses is not decided', () => {
  const judgement = judge(rounds(ROUNDS, WIDTH, undefined), [], { limit: 5000 })
  assert.deepEqual(judgement, { kind: 'undecided', courses: 5001 })
})

test('a wrong answer is found behind answers that say nothing', () => {
  const again = { code: 0, isUsed: true, ended: 99_999 }
  const history = [
    ...rounds(ROUNDS, WIDTH, undefined),
    use({ ...again, began: 99_990 }),
    use({ ...again, began: 99_991 }),
  ]
  assert.equal(judge(history, [], { forget }).kind, 'misfit')
})

test('random histories are judged as by trying every order', () => {
  const chance = new Chance(1)
  const verdicts = { possible: 0, misfit: 0, undecided: 0 }
  for (let i = 0; i < 2000; i++) {
    const history = Array.from({ length: 6 }, () => use(randomUse(chance)))
    for (const options of [{}, { forget }] satisfies SearchOptions<Used>[]) {
      const { kind } = judge(history, [], options)
      assert.equal(kind, canBe(history, []) ? 'possible' : 'misfit')
      verdicts[kind] += 1
    }
  }
  assert.ok(Math.min(verdicts.possible, verdicts.misfit) > 200, JSON.stringify(verdicts))
})

function randomUse(chance: Chance): Use {
  const began = chance.int(20)
  return {
    code: chance.int(3),
    began,
    ended: began + 1 + chance.int(12),
    isUsed: chance.pick([true, false, undefined]),
  }
}

/** Whether the operations fit an order in which none comes before one that had ended when it began. */
function canBe(rest: readonly Operation<Used>[], used: Used): boolean {
  if (rest.length === 0) return true
  return rest.some((first) => {
    const others = rest.filter((each) => each !== first)
    if (others.some(({ ended }) => ended < first.began)) return false
    return first.step(used).some((next) => canBe(others, next))
  })
}
