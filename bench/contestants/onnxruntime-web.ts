import * as runtime from "onnxruntime-web";
import { onnxruntimeWeb } from "./onnx.js";

export const web = onnxruntimeWeb(runtime);
