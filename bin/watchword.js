#!/usr/bin/env node
// Must parse on every Node from 12 on, to print the message below: no newer syntax, no imports.
const [major, minor] = process.versions.node.split('.').map(Number)

if (major < 24 || (major === 24 && minor < 7)) {
  console.error(
    `watchword needs Node 24.7 or later; this is v${process.versions.node}. Install a newer one from https://nodejs.org. In the repository, "npm ci" installs one and "npm start" uses it.`,
  )
  process.exitCode = 1
} else {
  // One thread per core to hash passwords, and four for files and DNS.
  const { availableParallelism } = process.getBuiltinModule('node:os')
  if (!process.env.UV_THREADPOOL_SIZE)
    process.env.UV_THREADPOOL_SIZE = String(availableParallelism() + 4)

  // Set by the supervisor of worker processes.
  const [source, built] = process.env.WATCHWORD_PLAN
    ? ['worker-main', 'worker']
    : ['main', 'cli']
  // In the repository, run the sources: a dist/ beside them may be outdated.
  const sources = new URL(`../src/cli/${source}.ts`, import.meta.url)
  const { existsSync } = process.getBuiltinModule('node:fs')
  const isRepository = existsSync(sources)
  if (!isRepository) keepCompiledCode()
  import(isRepository ? sources.href : `../dist/${built}.js`).then(({ run }) => run())
}

/**
 * The next start reads what this one has compiled. It is in the home folder of the user that the process runs as, and not in
 * HOME, because it is run unchecked: a folder for all users, Node.js's default, could be prepared by another one.
 */
function keepCompiledCode() {
  try {
    const { homedir, uid } = process.getBuiltinModule('node:os').userInfo()
    const { lstatSync, mkdirSync } = process.getBuiltinModule('node:fs')
    const { enableCompileCache } = process.getBuiltinModule('node:module')
    const folder = `${homedir}/.cache/watchword`
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const { uid: owner, mode } = lstatSync(folder)
    // A link, or a folder that another user can write to. Windows has neither owner nor mode: uid is -1, and the home folder private.
    const isOwn = uid === -1 || (owner === uid && (mode & 0o170022) === 0o040000)
    if (isOwn) enableCompileCache(folder)
  } catch {
    // The user has no entry in /etc/passwd, or no home folder to write to: each start compiles.
  }
}
