import { readFileSync } from "node:fs";
import { dropCleanPages, parseCleanMappings } from "../../src/kernel/ffi/clean-pages.ts";

function mapping(head: string, anonymousKilobytes: number): string {
  return `${head}\nSize:               1024 kB\nRss:                 512 kB\nAnonymous:   ${String(anonymousKilobytes).padStart(9)} kB\nVmFlags: rd mr mw me\n`;
}

test("only pages that are found again in a file are dropped", () => {
  const smaps = [
    mapping("00400000-00c00000 r--p 00000000 08:01 1234                               /usr/bin/node", 0),
    mapping("00c00000-02000000 r-xp 00800000 08:01 1234                               /usr/bin/node", 0),
    mapping("02000000-02100000 r--p 01c00000 08:01 1234                               /usr/bin/node", 1024),
    mapping("02100000-02200000 rw-p 01d00000 08:01 1234                               /usr/bin/node", 0),
    mapping("7f0000000000-7f0000001000 r--s 00000000 00:05 77                         /memfd:shared", 0),
    mapping("7f0000002000-7f0000004000 r-xp 00000000 08:01 99                         /opt/my app/koffi.node", 0),
    mapping("7f0000005000-7f0000006000 r--p 00000000 00:00 0", 0),
    mapping("7fff00000000-7fff00002000 r-xp 00000000 00:00 0                          [vdso]", 0),
  ].join("");

  expect(parseCleanMappings(smaps)).toEqual([
    { address: 0x400000n, bytes: 0x800000n },
    { address: 0xc00000n, bytes: 0x1400000n },
    { address: 0x7f0000002000n, bytes: 0x2000n },
  ]);
});

test("text that is no smaps has no mappings", () => {
  expect(parseCleanMappings("")).toEqual([]);
  expect(parseCleanMappings("00400000-00c00000 r--p 00000000 08:01 1234 /usr/bin/node\nRss: 4 kB\n")).toEqual([]);
});

test("a process that dropped them has less than half of its files in memory, and goes on", () => {
  const before = fileKilobytes();

  dropCleanPages();

  expect(fileKilobytes()).toBeLessThan(before / 2);
  expect(new Intl.NumberFormat("de").format(1234.5)).toBe("1.234,5");
});

/** Resident pages of files. */
function fileKilobytes(): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(/^RssFile:\s+(\d+) kB$/m.exec(status)?.[1]);
}
