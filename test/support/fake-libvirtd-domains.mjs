/** Machines made of real captures. */
import { readFileSync } from "node:fs";

const fixture = (name) => readFileSync(new URL(`../fixtures/libvirt-9.0/${name}`, import.meta.url), "utf8");

/**
 * Statistics that `virsh domstats` printed, as pairs.
 * @returns {[string, number | string][]}
 */
export function statsOf(text) {
  return [...text.matchAll(/^ {2}([^=]+)=(.*)$/gm)].map(([, name, value]) => [
    name,
    /^\d+$/.test(value) ? Number(value) : value,
  ]);
}

const kvmStats = statsOf(fixture("domstats-kvm.txt"));
const description = fixture("web.xml");

/** A running KVM machine with two vCPUs and two NICs, as many as there are numbers. */
export function createDomain(number) {
  const hex = number.toString(16).padStart(4, "0");
  const uuid = `a1b2c3d4-0000-4000-8000-00000000${hex}`;
  const name = `vm-${number}`;
  const devices = [`vnet${2 * number}`, `vnet${2 * number + 1}`];
  const stats = kvmStats.map(([key, value]) => {
    const nic = /^net\.([01])\.name$/.exec(key)?.[1];
    return [key, nic === undefined ? value : devices[nic]];
  });
  const mac = (last) => `52:54:00:${hex.slice(0, 2)}:${hex.slice(2)}:0${last}`;
  const xml = description
    .replace(/id='\d+'/, `id='${number}'`)
    .replace(/<name>.*<\/name>/, `<name>${name}</name>`)
    .replace(/<uuid>.*<\/uuid>/, `<uuid>${uuid}</uuid>`)
    .replace(/target dev='vnet2'/, `target dev='${devices[0]}'`)
    .replace(/target dev='vnet3'/, `target dev='${devices[1]}'`)
    .replace(/52:54:00:77:00:0(\d)/g, (_, last) => mac(last));
  return { name, uuid, id: number, stats, xml };
}

/** A machine that libvirt waits for tells nothing that its QEMU would have to be asked for. */
export function withoutQemu(domain) {
  const stats = domain.stats.filter(([name]) => !/^balloon\.(?!current|maximum)/.test(name));
  return { ...domain, stats };
}
