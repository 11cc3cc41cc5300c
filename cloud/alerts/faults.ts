/** What finds mistakes in rules and routes, for the operator's side too: without a cloud, and without anything that one needs. */
export { ruleFaults } from './judge.ts'
export { routeFaults } from './told.ts'
