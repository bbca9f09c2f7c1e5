import { readFileSync, rmSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { ADA, startServer } from '../server/process.ts'
import { strace } from '../services/strace.ts'
import { clientsOf, type Said } from './clients.ts'
import { exactly, trial, type World } from './trial.ts'

/** Milliseconds between two requests, so that what is written late belongs to none. */
const PAUSE = 120

/** R8: what a power cut would find. */
export const durable = trial({
  name: 'R8',
  promise: 'no answer leaves before what it says is on the disk',
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
    const enter = async (): Promise<Said> => {
      const { answer } = await signIn(server, ADA.username, ADA.password)
      if ('status' in answer)
        throw new Error(`signing in was answered with ${answer.status}`)
      return answer.refresh
    }
    let token = await enter()
    const trace = await watchDisk(deps, [server.pid!, ...(await serverProcesses(deps))])

    for (let i = 0; i < requests; i++) {
      await sleep(PAUSE)
      // One sign-out and one sign-in among ten.
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

/** The processes of PostgreSQL that write, of which our server does not know. */
async function serverProcesses({ kind, database }: World): Promise<readonly number[]> {
  if (kind !== 'postgres') return []
  const client = new pg.Client(database)
  await client.connect()
  const { rows } = await client.query<{ pid: number }>(
    'select pid from pg_stat_activity where pid <> pg_backend_pid()',
  )
  await client.end()
  return rows.map(({ pid }) => pid)
}

/** Writes down which processes read and write what, and when it is on the disk. */
async function watchDisk(
  deps: World,
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

/** How many requests were answered with 200, and of how many something got to the disk between the question and the answer. */
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
