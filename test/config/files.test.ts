import { chmod, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { maxFileBytes, realFiles } from "../../src/config/files.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "virtloss-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

test("a file of the largest size is read, one byte more is refused", async () => {
  const file = join(folder, "f");
  await writeFile(file, "x".repeat(maxFileBytes));
  expect(await realFiles.readText(file)).toHaveLength(maxFileBytes);

  await writeFile(file, "x".repeat(maxFileBytes + 1));
  await expect(realFiles.readText(file)).rejects.toThrow("is larger than 1048576 bytes, the limit");
});

test("an endless file is refused", async () => {
  await expect(realFiles.readText("/dev/zero")).rejects.toThrow("is larger than 1048576 bytes, the limit");
});

test("each reason why a file cannot be read has its words", async () => {
  await writeFile(join(folder, "latin1"), Buffer.from([0xe4, 0x0a]));
  await symlink("loop", join(folder, "loop"));

  await expect(realFiles.readText(join(folder, "none"))).rejects.toThrow("no such file");
  await expect(realFiles.readText(folder)).rejects.toThrow("is a directory; expected a file");
  await expect(realFiles.readText(join(folder, "latin1"))).rejects.toThrow("is not UTF-8 text");
  await expect(realFiles.readText(join(folder, "latin1", "x"))).rejects.toThrow("a part of its path is no directory");
  await expect(realFiles.readText(join(folder, "loop"))).rejects.toThrow("symbolic links go round in a circle");
});

test("the version of a file changes when it is written or its mode changes, and not else", async () => {
  const file = join(folder, "f");
  await writeFile(file, "a");
  const first = await realFiles.version(file);
  expect(await realFiles.version(file)).toBe(first);

  await chmod(file, 0o600);

  expect(await realFiles.version(file)).not.toBe(first);
});
