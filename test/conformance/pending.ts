import type { Case } from './recording.ts'

/** Features that later work brings, by the beginnings of their paths. Until then their conversations are counted and not played. */
export const PENDING: { readonly [feature: string]: string } = {
  "Djoser's endpoints": '/auth/',
}

/** The feature that a conversation waits for. */
export function featureAwaited({ steps = [], request }: Case): string | undefined {
  const paths = [...steps.filter((step) => step.op === 'request'), request].map(
    ({ path }) => path,
  )
  return Object.keys(PENDING).find((feature) =>
    paths.some((path) => path.startsWith(PENDING[feature]!)),
  )
}
