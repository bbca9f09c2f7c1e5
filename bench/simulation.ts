import { type Finding, spreadOf } from './measure.ts'

/** What people do in a day, and what tokens are good for. Hours, minutes and shares are assumptions: change them and run it again. */
const DAY = {
  /** Simulated; what comes out is multiplied to the number that is asked about. */
  users: 200_000,
  asked: 100_000_000,
  /** Times a day that one comes back. */
  visits: 4,
  /** Minutes of a visit: the median, and how far it scatters (σ of the logarithm). */
  visit: 6,
  scatter: 1,
  /** Guarded requests a minute of a visit. */
  requests: 10,
  /** How much busier the busiest hour is than the mean, as a wave over the day. */
  peak: 1.8,
  /** Share of visits that end with a sign-out, or begin on a device that is not signed in. */
  signOuts: 0.03,
  /** Minutes of an access token. */
  access: 5,
} as const

const MINUTES = 24 * 60

/** A day of many users, some of them simulated one by one: what the servers, the database and the memory have to bear. */
export async function* simulation(): AsyncGenerator<Finding> {
  for (const access of [5, 15]) {
    const days = [1, 2, 3, 4, 5].map((seed) => simulate({ ...DAY, access }, seed))
    const names = Object.keys(days[0]!) as (keyof Day)[]
    yield {
      asks: `A day of ${DAY.asked.toLocaleString('en')} users, access tokens of ${access} minutes`,
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
      // Whoever comes back has an access token that has expired; whoever signs in has a new one.
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
  const scale = terms.asked / terms.users
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
    // A session is kept for a day after the end that never moves, 30 days from its sign-in.
    'rows of sessions after a month': scale * sum(signIns) * 31,
  }
}

/** The most that falls into so many minutes. */
const busiest = (values: Float64Array, minutes: number): number =>
  Math.max(
    ...values.map((_, at) =>
      values.subarray(at, at + minutes).reduce((a, b) => a + b, 0),
    ),
  )

/** A minute of the day, more often a busy one: drawn until it lies under the wave. */
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

/** The same numbers for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
