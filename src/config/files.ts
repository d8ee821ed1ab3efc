import { open, readdir, stat } from "node:fs/promises";

/** What the configuration needs of the file system. */
export interface ConfigFiles {
  /** @throws FileProblem */
  readText(path: string): Promise<string>;
  /** Names in a directory. @throws FileProblem */
  list(directory: string): Promise<readonly string[]>;
  /** A text that differs once the file was written or replaced, symbolic links followed. @throws FileProblem */
  version(path: string): Promise<string>;
}

/** A file that cannot be used; the message says why, without the path. */
export class FileProblem extends Error {
  override readonly name = "FileProblem";
}

export const maxFileBytes = 1024 * 1024;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "no such file: a part of its path is no directory",
  EISDIR: "is a directory; expected a file",
  EACCES: "permission denied: the user that runs virtloss needs to read it",
  ELOOP: "symbolic links go round in a circle",
};

export const realFiles: ConfigFiles = {
  readText: (path) => explained(readLimited(path)),
  list: (directory) => explained(readdir(directory)),
  version: (path) =>
    explained(
      stat(path, { bigint: true }).then(({ dev, ino, size, mtimeNs, ctimeNs }) =>
        [dev, ino, size, mtimeNs, ctimeNs].join(" "),
      ),
    ),
};

async function explained<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (error instanceof FileProblem || code === undefined) throw error;
    throw new FileProblem(reasons[code] ?? message);
  }
}

async function readLimited(path: string): Promise<string> {
  const handle = await open(path, "r");
  try {
    // Read, not stat: pipes and /proc have no size beforehand.
    const chunks: Buffer[] = [];
    let bytes = 0;
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(65_536), 0, 65_536, null);
      if (bytesRead === 0) break;
      bytes += bytesRead;
      if (bytes > maxFileBytes) throw new FileProblem(`is larger than ${maxFileBytes} bytes, the limit`);
      chunks.push(buffer.subarray(0, bytesRead));
    }
    return decodeUtf8(Buffer.concat(chunks));
  } finally {
    await handle.close();
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new FileProblem("is not UTF-8 text");
  }
}
