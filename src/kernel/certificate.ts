import { isIP } from "node:net";
import { connect, type PeerCertificate } from "node:tls";

const DEADLINE_MS = 5000;
const MAX_NAME = 100;

/** A name out of a certificate is a stranger's text. */
function nameOf(name: unknown): string {
  const text = typeof name === "string" ? name : "somebody without a name";
  return text.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, "?").slice(0, MAX_NAME);
}

function describe(certificate: PeerCertificate): string {
  const { subject, issuer, subjectaltname, valid_to, fingerprint256 } = certificate;
  const names = subjectaltname ?? subject?.CN;
  return (
    `It shows one for ${nameOf(names)}, by ${nameOf(issuer?.CN ?? issuer?.O)}, valid until ${nameOf(valid_to)}, ` +
    `with the SHA-256 fingerprint ${nameOf(fingerprint256)}`
  );
}

/** The certificate that a server shows; nothing is sent to it. Undefined where it shows none in time. */
function ask(url: string, serverName: string | undefined): Promise<PeerCertificate | undefined> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const name = serverName ?? host;
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: Number(port || 443),
      ...(isIP(name) === 0 && { servername: name }),
      rejectUnauthorized: false,
    });
    const end = (certificate?: PeerCertificate) => {
      clearTimeout(deadline);
      socket.destroy();
      resolve(certificate);
    };
    const deadline = setTimeout(end, DEADLINE_MS);
    socket.on("secureConnect", () => end(socket.getPeerCertificate()));
    socket.on("error", () => end());
  });
}

/** What an operator needs to decide whether to trust a server: one or two sentences. */
export async function describeCertificate(url: string, serverName: string | undefined): Promise<string> {
  const certificate = await ask(url, serverName);
  const shown = certificate?.fingerprint256 ? `${describe(certificate)}. ` : "";
  return (
    `${shown}Where that is the right server, set tls.ca_file to the certificate of its authority, or tls.server_name ` +
    "to a name that it has; tls.insecure_skip_verify trusts anybody"
  );
}
