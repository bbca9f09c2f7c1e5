/** `is<User>(value)` compiles if the value is a `User`. */
export const is = <T>(value: T): T => value
