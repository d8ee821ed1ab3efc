export type Stat = [name: string, value: number | string];

export interface FakeDomain {
  readonly name: string;
  readonly uuid: string;
  readonly id: number;
  readonly stats: readonly Stat[];
  readonly xml: string;
}

export interface FakeLibvirtd {
  domains: readonly FakeDomain[];
  fault: string;
  readonly calls: readonly number[];
  readonly stuck: Set<string>;
  readonly pongs: number;
  readonly connections: number;
  readonly open: number;
  release(): void;
  stop(): Promise<void>;
}

export function statsOf(text: string): Stat[];
export function createDomain(number: number): FakeDomain;
export function startFakeLibvirtd(path: string, options?: { readonly domains?: number }): Promise<FakeLibvirtd>;
