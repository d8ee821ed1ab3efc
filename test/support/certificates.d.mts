export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface Certificates {
  readonly caFile: string;
  readonly good: Certificate;
  readonly expired: Certificate;
  readonly wrongHost: Certificate;
  readonly unknownAuthority: Certificate;
  readonly selfSigned: Certificate;
}

export function makeCertificates(directory: string): Certificates;
