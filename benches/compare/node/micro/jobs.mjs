// What the workers of the micro-benchmarks do, in whatever pool: one more than a number, and the ends of a vector.

export function next(number) {
  return number + 1
}

/** Looks at both ends of a vector and changes one. */
export function touch(vector) {
  const sum = vector[0] + vector[vector.length - 1]
  vector[0] += 1
  return sum
}
