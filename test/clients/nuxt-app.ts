import { nextTick, type Ref, ref } from 'vue'

/** What the module of Nuxt imports of an application, for one visitor in a browser. */
const app = {
  config: {} as object,
  values: new Map<string, Ref<unknown>>(),
}

/** Begins with a visitor who has no cookies. @param config what the module makes of the options `auth` */
export function openApp(config: object): void {
  app.config = config
  app.values = new Map()
}

const shared = (key: string, initial: unknown): Ref<unknown> => {
  const value = app.values.get(key) ?? ref(initial)
  app.values.set(key, value)
  return value
}

export const useState = (key: string, init: () => unknown) => shared(key, init())
export const useCookie = (name: string, { default: init }: { default: () => unknown }) =>
  shared(`cookie ${name}`, init())
export const useRuntimeConfig = () => ({ public: { auth: app.config } })
export const useNuxtApp = () => ({})
export const callWithNuxt = (_: object, call: () => unknown): unknown => call()
export const useRequestEvent = (): undefined => undefined
export const useRoute = () => ({ query: {} })
export const useRouter = () => ({})
export const navigateTo = async (): Promise<void> => undefined
export const onMounted = (): void => undefined
export { nextTick }
