import '../base/node-version.ts'

export type { Duration } from '../base/duration.ts'
export type { LogEntry } from '../base/log.ts'
export type { TestClock } from './clock.ts'
export type { Faults, StoreVerb } from './faults.ts'
export type { SignInAs } from './sign-in-as.ts'
export { type TestInstance, type TestOptions, testInstance } from './test-instance.ts'
