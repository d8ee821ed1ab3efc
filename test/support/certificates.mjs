import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

function openssl(directory, ...parts) {
  execFileSync("openssl", parts, { cwd: directory, stdio: ["ignore", "ignore", "pipe"] });
}

/**
 * Certificates as servers have them, good and bad, made by openssl.
 * @param {string} directory for the files, one that the caller removes
 */
export function makeCertificates(directory) {
  const path = (name) => join(directory, name);
  const read = (name) => readFileSync(path(name), "utf8");

  function authority(name) {
    openssl(
      directory,
      "req",
      "-x509",
      ...KEY,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.pem`,
      "-subj",
      `/CN=${name}`,
      "-days",
      "2",
    );
  }

  function issue(name, { by, names, days }) {
    writeFileSync(path(`${name}.ext`), `subjectAltName=${names}\n`);
    openssl(directory, "req", "-new", ...KEY, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    const signed = ["-CA", `${by}.pem`, "-CAkey", `${by}.key`, "-CAcreateserial", "-extfile", `${name}.ext`];
    openssl(directory, "x509", "-req", "-in", `${name}.csr`, "-out", `${name}.pem`, ...signed, "-days", String(days));
    return { key: read(`${name}.key`), cert: read(`${name}.pem`) };
  }

  authority("ca");
  authority("stranger");
  const loopback = "IP:127.0.0.1,DNS:localhost";
  const self = [
    "-keyout",
    "self.key",
    "-out",
    "self.pem",
    "-subj",
    "/CN=self",
    "-addext",
    `subjectAltName=${loopback}`,
  ];
  openssl(directory, "req", "-x509", ...KEY, ...self, "-days", "2");
  return {
    caFile: path("ca.pem"),
    /** Trusted with `caFile`. */
    good: issue("good", { by: "ca", names: loopback, days: 2 }),
    expired: issue("expired", { by: "ca", names: loopback, days: -1 }),
    wrongHost: issue("wrong-host", { by: "ca", names: "DNS:vcenter.example.org", days: 2 }),
    unknownAuthority: issue("unknown", { by: "stranger", names: loopback, days: 2 }),
    selfSigned: { key: read("self.key"), cert: read("self.pem") },
  };
}
