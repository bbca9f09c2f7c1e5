/** `is<User>(value)` compiles where the value is one. */
export const is = <T>(value: T): T => value
