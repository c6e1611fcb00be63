/** What `vite.config.ts` makes of the loops in `bench/tiles.ts`. */
declare module "virtual:peak-loops" {
  export const loops: readonly import("../../../../bench/peak.js").TileModule[];
}
