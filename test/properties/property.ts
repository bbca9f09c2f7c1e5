import { type TestContext, test } from 'node:test'
import fc from 'fast-check'

/** Of generated inputs. Another one, to look for more: `PROPERTY_SEED=7 npm test`. */
const SEED = Number(process.env.PROPERTY_SEED ?? 20_261_130)

/** Inputs for each property: many enough to meet every kind, few enough for a second. */
const RUNS = Number(process.env.PROPERTY_RUNS ?? 40)

/** A test of one property with generated inputs; a failure shows the smallest input that fails. */
export function property<Inputs extends [unknown, ...unknown[]]>(
  name: string,
  inputs: { [Index in keyof Inputs]: fc.Arbitrary<Inputs[Index]> },
  holds: (t: TestContext, ...inputs: Inputs) => Promise<void>,
  numRuns = RUNS,
): void {
  test(name, async (t) => {
    t.diagnostic(`seed ${SEED}`)
    const tried = fc.asyncProperty<Inputs>(...inputs, (...given) => holds(t, ...given))
    await fc.assert(tried, { seed: SEED, numRuns })
  })
}
