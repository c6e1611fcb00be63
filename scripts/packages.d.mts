/** Installs the npm packages of a folder, relative to the root, unless they are there. */
export function installPackages(folder?: string): void;
