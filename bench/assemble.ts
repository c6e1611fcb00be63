import binaryen from "binaryen";
import type { TileModule } from "./peak.js";
import { type Tile, tileModule } from "./tiles.js";

/** The WebAssembly module that a text describes. */
export function assemble(text: string): Uint8Array<ArrayBuffer> {
  const module = binaryen.parseText(text);
  const bytes = module.emitBinary() as Uint8Array<ArrayBuffer>;
  module.dispose();
  return bytes;
}

export function assembled(tiles: readonly Tile[]): TileModule[] {
  return tiles.map((tile) => ({ name: tile.name, flops: tile.flops, bytes: assemble(tileModule(tile)) }));
}
