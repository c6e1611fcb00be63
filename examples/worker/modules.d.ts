// A Data module, see wrangler.jsonc.
declare module "*.safetensors" {
  const bytes: ArrayBuffer;
  export default bytes;
}
