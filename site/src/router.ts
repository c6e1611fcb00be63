import { PANELS, type PanelEntry } from "./panels/index.js";

/** The address of a panel, relative to the page. */
export const addressOf = ({ name }: PanelEntry): string => `#/${name}`;

/** The panel that the address names: `#/cell`, also with something of the panel's own behind it, `#/cell/…`. */
export function panelOfAddress(): PanelEntry {
  const [, name] = location.hash.split("/");
  return PANELS.find((panel) => panel.name === name) ?? PANELS[0];
}
