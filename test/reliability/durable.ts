import { readFileSync, rmSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { ADA, startServer } from '../server/process.ts'
import { strace } from '../services/strace.ts'
import { clientsOf, type RefreshToken } from './clients.ts'
import { exactly, type TrialContext, trial } from './trial.ts'

/** Milliseconds between two requests, so that a late write is not attributed to the next one. */
const PAUSE = 120

/** R8: what remains after a power failure. */
export const durable = trial({
  name: 'R8',
  promise: 'no answer is sent before its write is on disk',
  databases: ['sqlite', 'postgres'],
  long: { requests: 100 },
  short: { requests: 20 },
  sabotages: [{ name: 'answer-early' }],
  async run(deps, { requests }) {
    const { database, sabotage } = deps
    const server = await startServer(deps, {
      database,
      sabotage,
      options: { throttle: { login: null } },
    })
    const agent = new Agent({ keepAlive: true })
    deps.after(() => agent.destroy())
    const { signIn, refresh, signOut } = clientsOf(agent)
    const enter = async (): Promise<RefreshToken> => {
      const { answer } = await signIn(server, ADA.username, ADA.password)
      if ('status' in answer) throw new Error(`the sign-in was answered ${answer.status}`)
      return answer.refresh
    }
    let token = await enter()
    const trace = await watchDisk(deps, [server.pid!, ...(await serverProcesses(deps))])

    for (let i = 0; i < requests; i++) {
      await sleep(PAUSE)
      // One sign-out and one sign-in in ten.
      if (i % 10 === 8) await signOut(server, token)
      else if (i % 10 === 9) token = await enter()
      else token = (await refresh(server, token)).pair?.refresh ?? token
    }

    const { answers, durable } = answersIn(await trace.end())
    return [
      exactly(requests, 'requests answered', answers),
      exactly(requests, 'of them after an fsync', durable),
    ]
  },
})

/** The writing processes of PostgreSQL, which strace would not follow from our server. */
async function serverProcesses({
  kind,
  database,
}: TrialContext): Promise<readonly number[]> {
  if (kind !== 'postgres') return []
  const client = new pg.Client(database)
  await client.connect()
  const { rows } = await client.query<{ pid: number }>(
    'select pid from pg_stat_activity where pid <> pg_backend_pid()',
  )
  await client.end()
  return rows.map(({ pid }) => pid)
}

/** Records which processes read and write, and when data is flushed to disk. */
async function watchDisk(
  deps: TrialContext,
  pids: readonly number[],
): Promise<{ end(): Promise<string> }> {
  const file = join(tmpdir(), `watchword-trace-${process.pid}`)
  const calls = 'trace=fsync,fdatasync,read,write,writev,recvfrom,sendto'
  const tracer = await strace(pids, ['-s', '32', '-e', calls, '-o', file])
  if (typeof tracer === 'string') return deps.skip(tracer)
  deps.after(() => rmSync(file, { force: true }))
  deps.after(() => tracer.kill())
  return {
    async end() {
      await tracer.end()
      return readFileSync(file, 'utf8')
    },
  }
}

/** Counts the requests answered 200, and those of them with a flush between request and answer. */
function answersIn(trace: string): { answers: number; durable: number } {
  const seen = { answers: 0, durable: 0 }
  let isOnDisk = false
  for (const line of trace.split('\n')) {
    if (line.includes('"POST /api/token/')) isOnDisk = false
    else if (/f(?:data)?sync(?:\(| resumed).*= 0$/.test(line)) isOnDisk = true
    else if (line.includes('"HTTP/1.1 200')) {
      seen.answers += 1
      if (isOnDisk) seen.durable += 1
    }
  }
  return seen
}
