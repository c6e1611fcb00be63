export function withoutMessages(module: Uint8Array): Promise<Uint8Array>;
