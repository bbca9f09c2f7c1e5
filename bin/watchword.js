#!/usr/bin/env node
// Read by every Node from 12 on, if only to say that it is too old: no syntax and no import that an old one lacks.
const [major, minor] = process.versions.node.split('.').map(Number)

if (major < 24 || (major === 24 && minor < 7)) {
  console.error(
    `watchword needs Node 24.7 or later; this is v${process.versions.node}. Get one from https://nodejs.org; in the repository, npm ci brings one along and npm start uses it.`,
  )
  process.exitCode = 1
} else {
  // Passwords are hashed on as many threads of the pool as there are cores; files and names of hosts go on beside them.
  const { availableParallelism } = process.getBuiltinModule('node:os')
  if (!process.env.UV_THREADPOOL_SIZE)
    process.env.UV_THREADPOOL_SIZE = String(availableParallelism() + 4)

  // The sources are in the repository alone; a dist/ beside them may be older than they are.
  const sources = new URL('../src/cli/main.ts', import.meta.url)
  const { existsSync } = process.getBuiltinModule('node:fs')
  import(existsSync(sources) ? sources.href : '../dist/cli.js').then(({ run }) => run())
}
