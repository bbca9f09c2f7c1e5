import { type Finding, spreadOf } from './measure.ts'

/** Assumptions about the day of users and the lifetimes of tokens. Change them and run the simulation again. */
const DAY = {
  /** Simulated users; results are scaled up to `population`. */
  users: 200_000,
  population: 100_000_000,
  /** Visits of a user per day. */
  visits: 4,
  /** Minutes of a visit: the median, and σ of the logarithm. */
  visit: 6,
  scatter: 1,
  /** Guarded requests per minute of a visit. */
  requests: 10,
  /** Load of the busiest hour relative to the mean; the load is a wave over the day. */
  peak: 1.8,
  /** Share of visits that end with a sign-out, or begin on a new device. */
  signOuts: 0.03,
  /** Lifetime of an access token, in minutes. */
  access: 5,
} as const

const MINUTES = 24 * 60

/** A simulated day of many users: the load of servers, database and memory. */
export async function* simulation(): AsyncGenerator<Finding> {
  for (const access of [5, 15]) {
    const days = [1, 2, 3, 4, 5].map((seed) => simulate({ ...DAY, access }, seed))
    const names = Object.keys(days[0]!) as (keyof Day)[]
    yield {
      asks: `A day of ${DAY.population.toLocaleString('en')} users, access tokens of ${access} minutes`,
      unit: 'figures of five days',
      rounds: days.length,
      stats: names.map((name) => ({ name, ...spreadOf(days.map((day) => day[name])) })),
      quotients: [],
      leftOut: [],
    }
  }
}

interface Day {
  readonly 'refreshes a second, mean': number
  readonly 'refreshes a second, busiest minute': number
  readonly 'sign-ins a second, busiest minute': number
  readonly 'guarded requests a second, busiest minute': number
  readonly 'sessions ended within an access life, busiest': number
  readonly 'rows of sessions after a month': number
}

type Terms = { readonly [Name in keyof typeof DAY]: number }

function simulate(terms: Terms, seed: number): Day {
  const random = randomOf(seed)
  const [refreshes, signIns, ended, visitors] = Array.from(
    { length: 4 },
    () => new Float64Array(MINUTES),
  ) as [Float64Array, Float64Array, Float64Array, Float64Array]
  for (let user = 0; user < terms.users; user++) {
    const visits = poisson(terms.visits, random)
    for (let visit = 0; visit < visits; visit++) {
      const begins = momentOf(terms.peak, random)
      const minutes = terms.visit * Math.exp(terms.scatter * normal(random))
      const isNew = random() < terms.signOuts
      // At a return the access token has expired; after a sign-in it is new.
      for (
        let minute = isNew ? terms.access : 0;
        minute < minutes;
        minute += terms.access
      ) {
        refreshes[Math.floor(begins + minute) % MINUTES]! += 1
      }
      for (let minute = 0; minute < minutes; minute++)
        visitors[Math.floor(begins + minute) % MINUTES]! += 1
      if (isNew) signIns[Math.floor(begins)]! += 1
      if (random() < terms.signOuts) ended[Math.floor(begins + minutes) % MINUTES]! += 1
    }
  }
  const scale = terms.population / terms.users
  const perSecond = (minute: number): number => (minute * scale) / 60
  const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0)
  return {
    'refreshes a second, mean': perSecond(sum(refreshes) / MINUTES),
    'refreshes a second, busiest minute': perSecond(Math.max(...refreshes)),
    'sign-ins a second, busiest minute': perSecond(Math.max(...signIns)),
    'guarded requests a second, busiest minute': perSecond(
      Math.max(...visitors) * terms.requests,
    ),
    'sessions ended within an access life, busiest': scale * busiest(ended, terms.access),
    // A session row is kept for a day after its absolute expiry, 30 days after the sign-in.
    'rows of sessions after a month': scale * sum(signIns) * 31,
  }
}

/** The greatest sum within so many minutes. */
const busiest = (values: Float64Array, minutes: number): number =>
  Math.max(
    ...values.map((_, at) =>
      values.subarray(at, at + minutes).reduce((a, b) => a + b, 0),
    ),
  )

/** A random minute of the day, weighted by the wave (rejection sampling). */
function momentOf(peak: number, random: () => number): number {
  for (;;) {
    const minute = random() * MINUTES
    if (random() * peak < 1 + (peak - 1) * Math.sin((2 * Math.PI * minute) / MINUTES))
      return minute
  }
}

function poisson(mean: number, random: () => number): number {
  let count = 0
  for (let product = random(); product > Math.exp(-mean); product *= random()) count++
  return count
}

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** A pseudo-random generator with a seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
