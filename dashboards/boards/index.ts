import type { Board } from "./board.ts";
import { guestBoard } from "./guest.ts";
import { kvmHostBoard } from "./kvm-host.ts";
import { pathBoard } from "./path.ts";
import { vmBoard } from "./vm.ts";
import { vmwareBoard } from "./vmware.ts";

export { renderBoard } from "./board.ts";

/** Every board, in the order in which Grafana's folder shows them. */
export const boards: readonly Board[] = [guestBoard, kvmHostBoard, pathBoard, vmBoard, vmwareBoard];
