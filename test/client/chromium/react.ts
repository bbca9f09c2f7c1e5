import { createElement, lazy, StrictMode, Suspense, useEffect, useState } from 'react'
import { createRoot, hydrateRoot } from 'react-dom/client'
import { browserStorage, createClient, tokenCookies } from '../../../src/client/index.ts'
import { AuthProvider, useAuth, useClient } from '../../../src/client/react.ts'

/** What this uses of a page. */
const { document } = globalThis as unknown as {
  document: { body: never; getElementById(id: string): never }
}

const counts = { renders: 0, effects: 0, subscriptions: 0 }

function Status() {
  const { status } = useAuth()
  const client = useClient()
  const { fetch } = client
  counts.renders++
  useEffect(() => {
    counts.effects += typeof fetch === 'function' ? 1 : 0
  }, [fetch])
  return createElement('p', { id: 'status' }, status)
}

function Many() {
  const [round, setRound] = useState(0)
  Object.assign(globalThis, { remount: () => setRound((each) => each + 1) })
  return Array.from({ length: 100 }, (_, i) =>
    createElement(Status, { key: `${round}-${i}` }),
  )
}

/** A part whose code comes later. */
const Late = lazy(async () => {
  await new Promise<void>((resolve) => {
    Object.assign(globalThis, { arrive: resolve })
  })
  return { default: Status }
})

/** What the tests call. */
Object.assign(globalThis, {
  createClient,
  browserStorage,
  tokenCookies,
  counts,
  renderStrict(client: ReturnType<typeof createClient>) {
    const { subscribe } = client
    const counted = {
      ...Object.getOwnPropertyDescriptors(client),
      subscribe: {
        value(listener: Parameters<typeof subscribe>[0]) {
          counts.subscriptions++
          const end = subscribe(listener)
          return () => {
            counts.subscriptions--
            end()
          }
        },
      },
    }
    const seen = Object.defineProperties({}, counted) as typeof client
    createRoot(document.body).render(
      createElement(
        StrictMode,
        null,
        createElement(AuthProvider, { client: seen }, createElement(Status)),
      ),
    )
  },
  renderMany(client: ReturnType<typeof createClient>) {
    createRoot(document.body).render(
      createElement(AuthProvider, { client }, createElement(Many)),
    )
  },
  hydrateLate(client: ReturnType<typeof createClient>) {
    const root = document.getElementById('root')
    const part = createElement(Suspense, { fallback: 'later' }, createElement(Late))
    if (root) hydrateRoot(root, createElement(AuthProvider, { client }, part))
  },
  hydrate(client: ReturnType<typeof createClient>) {
    const root = document.getElementById('root')
    if (root)
      hydrateRoot(root, createElement(AuthProvider, { client }, createElement(Status)))
  },
})
