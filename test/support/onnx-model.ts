/** ONNX models, field by field, for tests of files that no exporter writes. */
import { PbfWriter } from "pbf";

export type Write = (pbf: PbfWriter) => void;
export const message = (write: Write): Uint8Array => {
  const pbf = new PbfWriter();
  write(pbf);
  return pbf.finish().slice();
};
export const field =
  (tag: number, bytes: Uint8Array): Write =>
  (pbf) =>
    pbf.writeBytesField(tag, bytes);
export const text =
  (tag: number, value: string): Write =>
  (pbf) =>
    pbf.writeStringField(tag, value);
export const all =
  (...writes: Write[]): Write =>
  (pbf) => {
    for (const write of writes) write(pbf);
  };
export const model = (...parts: Write[]) => message(field(7, message(all(...parts))));
export const node = (op: string, inputs: string[], outputs: string[], ...more: Write[]): Write =>
  field(
    1,
    message(all(...inputs.map((name) => text(1, name)), ...outputs.map((name) => text(2, name)), text(4, op), ...more)),
  );
export const tensor = (name: string, dims: number[], data: Uint8Array, type = 1): Write =>
  field(
    5,
    message(
      all(
        (pbf) => pbf.writePackedVarint(1, dims),
        (pbf) => pbf.writeVarintField(2, type),
        text(8, name),
        field(9, data),
      ),
    ),
  );
export const lstm = node("LSTM", ["X", "W", "R"], ["Y"]);
