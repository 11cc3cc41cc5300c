/** Random draws of one named stream: the same seed and name give the same draws on every machine. */
export interface Draws {
  /** Uniform in [0, 1). */
  uniform(): number
  /** Standard normal. */
  normal(): number
  /** True with the given probability. */
  chance(probability: number): boolean
  /** Uniform integer in [0, bound). */
  below(bound: number): number
  /** Gamma with mean 1 and variance 1 / shape, shape ≥ 1. */
  gamma(shape: number): number
  /** Poisson. */
  poisson(mean: number): number
}

/** A stream of its own for each name, so that drawing more of one thing changes nothing else. */
export function draws(seed: number, ...name: readonly (string | number)[]): Draws {
  const uniform = sfc32(seed, hash(name.join('/')))
  // Box–Muller; 1 − u keeps the logarithm finite.
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  return {
    uniform,
    normal,
    chance: (probability) => uniform() < probability,
    below: (bound) => Math.floor(uniform() * bound),
    gamma(shape) {
      // Marsaglia and Tsang, "A simple method for generating gamma variables" (2000).
      const d = shape - 1 / 3
      const c = 1 / Math.sqrt(9 * d)
      for (;;) {
        const x = normal()
        const v = (1 + c * x) ** 3
        if (v > 0 && Math.log(1 - uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return (d * v) / shape
      }
    },
    poisson(mean) {
      // Knuth's product of uniforms; sums of Poissons are Poisson, which keeps exp() above zero.
      let count = 0
      for (let rest = mean; rest > 0; rest -= 30) {
        const limit = Math.exp(-Math.min(rest, 30))
        for (let product = uniform(); product > limit; product *= uniform()) count++
      }
      return count
    },
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}

/** Chris Doty-Humphrey's small fast counter. */
function sfc32(seed: number, stream: number): () => number {
  let a = seed | 0
  let b = stream | 0
  let c = Math.trunc(seed / 2 ** 32) | 0
  let counter = 1
  const next = () => {
    const t = (((a + b) | 0) + counter++) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + t) | 0
    return (t >>> 0) / 2 ** 32
  }
  for (let i = 0; i < 15; i++) next()
  return next
}
