export { toTorch } from "./formats/keras/arrays.js";
