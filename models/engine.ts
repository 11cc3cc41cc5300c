/**
 * The training engine by itself, for those who build other networks on it: ONNX models as data, automatic
 * differentiation, layers, and training.
 */
export { gradients } from './autodiff/gradients.ts'
export * from './networks/index.ts'
export { initialise, layoutOf } from './networks/scope.ts'
export { Graph, type Value } from './onnx/graph.ts'
export type { ModelIr } from './onnx/ir.ts'
export { OnnxFormatError, readModel } from './onnx/read.ts'
export { openSession, type Session, type SessionOptions, type Tensors } from './onnx/session.ts'
export { type Tensor, tensor } from './onnx/tensor.ts'
export { writeModel } from './onnx/write.ts'
export * from './quantize/index.ts'
export * from './sensor/index.ts'
export { stepRow } from './training/adamw.ts'
export * from './training/index.ts'
export { type Objective, type TrainStep, trainStep } from './training/train-step.ts'
