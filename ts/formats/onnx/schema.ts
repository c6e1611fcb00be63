/** The messages of onnx.proto, as far as they are read here. */
import type { Schema } from "./protobuf.js";

/** TensorProto */
export interface TensorMessage {
  name?: string;
  type?: number;
  dims: number[];
  floats?: number[];
  doubles?: number[];
  ints?: number[];
  longs?: number[];
  unsigned?: number[];
  raw?: Uint8Array;
  external?: { key?: string; value?: string }[];
  location?: number;
}

/** AttributeProto */
export interface Attribute {
  name?: string;
  f?: number;
  i?: number;
  s?: string;
  t?: TensorMessage;
  g?: Graph;
  floats: number[];
  ints: number[];
  strings: string[];
  graphs: Graph[];
  reference?: string;
}

/** NodeProto */
export interface Node {
  name?: string;
  op?: string;
  domain?: string;
  inputs: string[];
  outputs: string[];
  attributes: Attribute[];
}

/** What has nodes: GraphProto, and FunctionProto, whose inputs and outputs are names. */
export interface Graph {
  nodes: Node[];
  tensors: TensorMessage[];
  inputs: { name?: string }[];
  outputs: { name?: string }[];
}

/** FunctionProto */
export interface Function extends Pick<Graph, "nodes"> {
  name?: string;
  domain?: string;
  inputs: string[];
  outputs: string[];
  /** Attributes with a default. */
  attributes: Attribute[];
}

/** ModelProto */
export interface Model {
  graph?: Graph;
  functions: Function[];
}

const TENSOR: Schema = {
  1: ["dims", "int", "many"],
  2: ["type", "int"],
  4: ["floats", "float", "many"],
  5: ["ints", "int", "many"],
  7: ["longs", "int", "many"],
  8: ["name", "text"],
  9: ["raw", "bytes"],
  10: ["doubles", "double", "many"],
  11: ["unsigned", "int", "many"],
  13: ["external", () => ({ 1: ["key", "text"], 2: ["value", "text"] }), "many"],
  14: ["location", "int"],
};

const ATTRIBUTE: Schema = {
  1: ["name", "text"],
  2: ["f", "float"],
  3: ["i", "int"],
  4: ["s", "text"],
  5: ["t", () => TENSOR],
  6: ["g", () => GRAPH],
  7: ["floats", "float", "many"],
  8: ["ints", "int", "many"],
  9: ["strings", "text", "many"],
  11: ["graphs", () => GRAPH, "many"],
  21: ["reference", "text"],
};

const NODE: Schema = {
  1: ["inputs", "text", "many"],
  2: ["outputs", "text", "many"],
  3: ["name", "text"],
  4: ["op", "text"],
  5: ["attributes", () => ATTRIBUTE, "many"],
  7: ["domain", "text"],
};

const VALUE: Schema = { 1: ["name", "text"] };

const GRAPH: Schema = {
  1: ["nodes", () => NODE, "many"],
  5: ["tensors", () => TENSOR, "many"],
  11: ["inputs", () => VALUE, "many"],
  12: ["outputs", () => VALUE, "many"],
};

const FUNCTION: Schema = {
  1: ["name", "text"],
  4: ["inputs", "text", "many"],
  5: ["outputs", "text", "many"],
  7: ["nodes", () => NODE, "many"],
  10: ["domain", "text"],
  11: ["attributes", () => ATTRIBUTE, "many"],
};

export const MODEL: Schema = {
  7: ["graph", () => GRAPH],
  25: ["functions", () => FUNCTION, "many"],
};
