import type { FakeHost, FakeInventory, FakeNic, FakeVm } from "./fake-vcenter.d.mts";

export function host(number: number, cluster: string): FakeHost;
export function vm(number: number, on: string, nic?: Partial<FakeNic>): FakeVm;
export function smallInventory(): FakeInventory;
export function largeInventory(vms: number): FakeInventory;
