const reasons: Readonly<Record<string, string>> = {
  ABORT_ERR: "no whole answer within the timeout: look at the server, or raise timeout",
  ECONNREFUSED: "nothing listens there: start the server, or mend host and port of the URL",
  ECONNRESET: "the server closed the connection before its answer was whole: its log says why",
  EPIPE: "the server closed the connection before its answer was whole: its log says why",
  ENOTFOUND: "its host name does not resolve: mend it, or the name servers in /etc/resolv.conf",
  EAI_AGAIN: "no name server answered for its host name: see /etc/resolv.conf",
  EHOSTUNREACH: "its host is not reachable: see the network and firewalls between",
  ENETUNREACH: "there is no route to its host: see ip route",
  ETIMEDOUT: "its host does not answer: see the network and firewalls between",
  EPROTO: "it does not speak TLS: is it an http URL?",
  CERT_HAS_EXPIRED: "its certificate has expired: renew it",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host: use that name in the URL",
  HPE_HEADER_OVERFLOW: "its headers are larger than 16 KiB",
  Z_DATA_ERROR: "its answer is said to be gzip and is not: mend the server",
  ERR_STREAM_PREMATURE_CLOSE: "the server closed the connection before its answer was whole: its log says why",
  Z_BUF_ERROR: "the server closed the connection before its answer was whole: its log says why",
};

/** Node.js' code of a failed request; undefined for an error of another kind. */
export function httpErrorCode(error: unknown): string | undefined {
  const { code, name } = error as NodeJS.ErrnoException;
  return code ?? (name === "AbortError" ? "ABORT_ERR" : undefined);
}

export function isCertificateCode(code: string): boolean {
  return /CERT|SIGNATURE|ISSUER/.test(code);
}

/** What went wrong and what to do. Texts of other layers are left out: they may repeat what was asked or answered. */
export function httpReason(code: string): string {
  const known = reasons[code];
  if (known !== undefined) return known;
  if (isCertificateCode(code)) return `its certificate is not trusted (${code}): set tls.ca_file`;
  if (code.startsWith("HPE_")) return `it does not speak HTTP (${code}): is it an https URL?`;
  return `it cannot be asked (${code})`;
}
