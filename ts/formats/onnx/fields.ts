/** The numbers of the fields that are read and written, and of types, by their names in onnx.proto. A bundler leaves only the numbers. */

export enum ModelProto {
  ir_version = 1,
  producer_name = 2,
  graph = 7,
  opset_import = 8,
  functions = 25,
}

export enum GraphProto {
  node = 1,
  name = 2,
  initializer = 5,
  input = 11,
  output = 12,
}

export enum FunctionProto {
  name = 1,
  input = 4,
  output = 5,
  node = 7,
  domain = 10,
  /** Attributes with a default. */
  attribute_proto = 11,
}

export enum NodeProto {
  input = 1,
  output = 2,
  name = 3,
  op_type = 4,
  attribute = 5,
  domain = 7,
}

export enum AttributeProto {
  name = 1,
  f = 2,
  i = 3,
  s = 4,
  t = 5,
  g = 6,
  floats = 7,
  ints = 8,
  strings = 9,
  graphs = 11,
  type = 20,
  ref_attr_name = 21,
}

export enum TensorProto {
  dims = 1,
  data_type = 2,
  float_data = 4,
  int32_data = 5,
  int64_data = 7,
  name = 8,
  raw_data = 9,
  double_data = 10,
  external_data = 13,
  data_location = 14,
}

export enum StringStringEntryProto {
  key = 1,
  value = 2,
}

export enum ValueInfoProto {
  name = 1,
  type = 2,
}

export enum TypeProto {
  tensor_type = 1,
}

/** TypeProto.Tensor */
export enum TensorType {
  elem_type = 1,
  shape = 2,
}

export enum TensorShapeProto {
  dim = 1,
}

/** TensorShapeProto.Dimension */
export enum Dimension {
  dim_value = 1,
  dim_param = 2,
}

export enum OperatorSetIdProto {
  version = 2,
}

/** TensorProto.DataType */
export enum DataType {
  FLOAT = 1,
  UINT8 = 2,
  INT8 = 3,
  UINT16 = 4,
  INT16 = 5,
  INT32 = 6,
  INT64 = 7,
  FLOAT16 = 10,
  DOUBLE = 11,
  BFLOAT16 = 16,
}

/** TensorProto.DataLocation */
export enum DataLocation {
  EXTERNAL = 1,
}
