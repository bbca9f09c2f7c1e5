import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import {
  type BusMessage,
  type Channel,
  type MessageBus,
  messageBus,
  relay,
} from './message-bus.ts'

/** Workers and their supervisor in this process. Messages are serialized as JSON, as between processes. */
function workers(count: number): readonly MessageBus[] {
  const down = new Map<number, { send(word: BusMessage): void }>()
  const sent = (word: BusMessage): BusMessage => JSON.parse(JSON.stringify(word))
  return Array.from({ length: count }, (_, worker) => {
    const channel: Channel = {
      send: (word) => setImmediate(() => relay(worker, sent(word), down)),
      listen: (take) =>
        void down.set(worker, { send: (word) => setImmediate(() => take(sent(word))) }),
    }
    return messageBus(channel)
  })
}

test('a worker gets the answers of all workers, its own included', async () => {
  const all = workers(4)
  for (const [index, each] of all.entries())
    each.onQuestion('how many?', () => ({ requests: index }))

  const answers = (await all[1]!.askAll('how many?')) as { requests: number }[]

  assert.deepEqual(answers.map(({ requests }) => requests).sort(), [0, 1, 2, 3])
})

test('concurrent questions get their own answers', async () => {
  const all = workers(3)
  for (const [index, each] of all.entries()) {
    each.onQuestion('name', () => `worker ${index}`)
    each.onQuestion('number', () => index)
  }

  const answers = await Promise.all([
    all[0]!.askAll('name'),
    all[1]!.askAll('number'),
    all[0]!.askAll('number'),
  ])

  assert.deepEqual(
    answers.map((each) => [...each].sort()),
    [
      ['worker 0', 'worker 1', 'worker 2'],
      [0, 1, 2],
      [0, 1, 2],
    ],
  )
})

test('a worker without an answer, or whose answer fails, is left out without a wait', {
  timeout: 60_000,
}, async (t) => {
  const all = workers(4)
  all[0]!.onQuestion('well?', () => 'yes')
  all[1]!.onQuestion('well?', () => assert.fail())
  all[2]!.onQuestion('well?', () => undefined)
  // The clock stands still.
  t.mock.timers.enable({ apis: ['setTimeout'] })

  assert.deepEqual(await all[0]!.askAll('well?'), ['yes'])
  assert.deepEqual(await all[3]!.askAll('well?'), ['yes'])
})

test('a worker that does not respond is left out after a second', async (t) => {
  const all = workers(2)
  const deaf = new Map([[0, { send() {} }]])
  const asker = messageBus({ send: (word) => relay(1, word, deaf), listen() {} })
  all[0]!.onQuestion('well?', () => 'yes')
  asker.onQuestion('well?', () => 'mine')
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let answers: readonly unknown[] | undefined
  const asked = asker.askAll('well?').then((all) => {
    answers = all
  })

  t.mock.timers.tick(999)
  for (let i = 0; i < 10; i++) await turn()
  assert.equal(answers, undefined)
  t.mock.timers.tick(1)
  await asked
  assert.deepEqual(answers, ['mine'])
})

test('without a supervisor a worker gets its own answer only', async () => {
  const alone = messageBus()
  alone.onQuestion('well?', () => 'yes')

  assert.deepEqual(await alone.askAll('well?'), ['yes'])
  assert.deepEqual(await alone.askAll('what?'), [])
})
