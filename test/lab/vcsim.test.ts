import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { startVcsim, type Vcsim } from "../support/vcsim.ts";

let vcenter: Vcsim;
let agent: Agent;
beforeAll(async () => {
  vcenter = await startVcsim({ clusters: 1, hosts: 2, vms: 120, portgroups: 2 });
  agent = new Agent({ keepAlive: true, ca: readFileSync(vcenter.caFile) });
});
afterAll(async () => {
  agent.destroy();
  await vcenter.close();
});

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A client that knows no more than the cookie of its session. */
function createClient() {
  let cookie: string | undefined;
  return {
    call(method: string, type: string, id: string, inner = ""): Promise<Answer> {
      const body = `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Body><${method} xmlns="urn:vim25"><_this type="${type}">${id}</_this>${inner}</${method}></e:Body></e:Envelope>`;
      const headers = { "content-type": "text/xml; charset=utf-8", ...(cookie && { cookie }) };
      return new Promise((resolve, reject) => {
        const asked = request(vcenter.url, { method: "POST", agent, headers }, (response) => {
          cookie = response.headers["set-cookie"]?.[0]?.split(";")[0] ?? cookie;
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (data) => {
            text += data;
          });
          response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
        });
        asked.on("error", reject).end(body);
      });
    },
    login(password: string): Promise<Answer> {
      const written = password.replace("&", "&amp;").replace("<", "&lt;");
      return this.call(
        ...(["Login", "SessionManager", "SessionManager"] as const),
        `<userName>${vcenter.username}</userName><password>${written}</password>`,
      );
    },
  };
}

type Client = ReturnType<typeof createClient>;
const COLLECTOR = ["PropertyCollector", "propertyCollector"] as const;

async function loggedIn(): Promise<Client> {
  const client = createClient();
  expect((await client.login(vcenter.password)).status).toBe(200);
  return client;
}

/** Waits for updates of these properties of all objects of a type. */
async function watch(client: Client, type: string, paths: readonly string[]) {
  const view = await client.call(
    ...(["CreateContainerView", "ViewManager", "ViewManager"] as const),
    `<container type="Folder">group-d1</container><type>${type}</type><recursive>true</recursive>`,
  );
  const id = /<returnval[^>]*>([^<]+)/.exec(view.text)?.[1];
  const pathSet = paths.map((path) => `<pathSet>${path}</pathSet>`).join("");
  await client.call(
    "CreateFilter",
    ...COLLECTOR,
    `<spec><propSet><type>${type}</type>${pathSet}</propSet><objectSet><obj type="ContainerView">${id}</obj><skip>true</skip><selectSet xsi:type="TraversalSpec"><name>all</name><type>ContainerView</type><path>view</path><skip>false</skip></selectSet></objectSet></spec><partialUpdates>true</partialUpdates>`,
  );
  let version = "";
  return async () => {
    const { text } = await client.call(
      "WaitForUpdatesEx",
      ...COLLECTOR,
      `<version>${version}</version><options><maxWaitSeconds>0</maxWaitSeconds></options>`,
    );
    version = /<version>([^<]*)/.exec(text)?.[1] ?? version;
    return text;
  };
}

const count = (text: string, part: string) => text.split(part).length - 1;

test("only the user with the password gets a session", async () => {
  const client = createClient();

  const refused = await client.login("wrong");
  const admitted = await client.login(vcenter.password);

  expect(refused).toMatchObject({ status: 500, text: expect.stringContaining('xsi:type="InvalidLogin"') });
  expect(admitted).toMatchObject({ status: 200, text: expect.stringContaining(vcenter.username) });
});

test("all machines are told in pages, each with two vCPUs and a vmxnet3 of its own address", async () => {
  const client = await loggedIn();
  const updates = await watch(client, "VirtualMachine", ["name", "config.hardware.numCPU", "config.hardware.device"]);

  const pages = [await updates(), await updates()];

  const text = pages.join("");
  expect(pages.map((page) => count(page, "<kind>enter</kind>"))).toEqual([100, 20]);
  expect(pages[0]).toContain("<truncated>true</truncated>");
  expect(count(text, '"VirtualVmxnet3"><key>4000</key>')).toBe(120);
  expect(count(text, 'type="xsd:int">2</val>')).toBe(120);
  expect(new Set(text.match(/<macAddress>[^<]+/g)).size).toBe(120);
});

test("what is ordered is announced: adapters, limits, moves, snapshots, names, ends", async () => {
  const client = await loggedIn();
  const paths = ["name", "runtime.host", "config.cpuAllocation", "config.hardware.device", "snapshot.currentSnapshot"];
  const updates = await watch(client, "VirtualMachine", paths);
  await updates();
  await updates();
  const vm = "DC0_C0_H0_VM0";

  await vcenter.ask({ do: "nic", vm, type: "e1000" });
  const adapter = await updates();
  await vcenter.ask({ do: "reconfigure", vm, limitMHz: 1500 });
  await vcenter.ask({ do: "reconfigure", vm, reservationMHz: 500 });
  const limits = await updates();
  await vcenter.ask({ do: "migrate", vm, host: "DC0_C0_H1" });
  const move = await updates();
  await vcenter.ask({ do: "snapshot", vm, name: "before" });
  const snapshot = await updates();
  await vcenter.ask({ do: "remove-snapshot", vm, name: "before" });
  const removed = await updates();
  await vcenter.ask({ do: "rename", vm, name: "Überfluß <1>" });
  const name = await updates();
  await vcenter.ask({ do: "destroy", vm: "Überfluß <1>" });
  const end = await updates();

  expect(adapter).toContain('type="VirtualE1000"><key>4000</key>');
  expect(limits).toMatch(/<reservation>500<\/reservation>.*<limit>1500<\/limit>/);
  expect(move).toMatch(/<name>runtime.host<\/name><op>assign<\/op><val type="HostSystem"/);
  expect(snapshot).toMatch(/<name>snapshot.currentSnapshot<\/name><op>assign<\/op>/);
  expect(removed).toMatch(/<name>snapshot.currentSnapshot<\/name><op>remove<\/op><\/changeSet>/);
  expect(name).toContain("Überfluß &lt;1&gt;");
  expect(end).toContain("<kind>leave</kind>");
});

test("shaping of a port group is announced, and what was set before stays", async () => {
  const client = await loggedIn();
  const updates = await watch(client, "DistributedVirtualPortgroup", ["config.defaultPortConfig"]);
  await updates();
  const shaping = { enabled: true, average: 8_000_000, peak: 9_000_000, burst: 100_000 };

  await vcenter.ask({ do: "shape", network: "DC0_DVPG1", out: shaping });
  await vcenter.ask({ do: "shape", network: "DC0_DVPG1", in: { ...shaping, average: 7_000_000 } });
  const text = await updates();

  expect(text).toMatch(/<inShapingPolicy>.*?<value>7000000<.*<outShapingPolicy>.*?<value>8000000</);
  expect(text).toContain('type="VmwareDistributedVirtualSwitchVlanIdSpec"');
});

test("faults, delays, refusals and expired sessions come when they are ordered, and calls are counted", async () => {
  const client = await loggedIn();
  const now = () => client.call("CurrentTime", "ServiceInstance", "ServiceInstance");
  const { calls } = await vcenter.stats();
  const before = calls["CurrentTime"] ?? 0;

  await vcenter.ask({ do: "fault", method: "CurrentTime", type: "NoPermission", count: 1 });
  const faulty = await now();
  await vcenter.ask({ do: "refuse", count: 1 });
  const refused = await now();
  await vcenter.ask({ do: "delay", method: "CurrentTime", millis: 300 });
  const from = performance.now();
  const slow = await now();
  const took = performance.now() - from;
  const { expired } = await vcenter.ask({ do: "expire-sessions" });
  const after = await vcenter.stats();
  const forgotten = await now();

  expect(faulty).toMatchObject({ status: 500, text: expect.stringContaining('xsi:type="NoPermission"') });
  expect(refused.status).toBe(503);
  expect(slow.status).toBe(200);
  expect(took).toBeGreaterThan(299);
  expect(expired).toBeGreaterThan(0);
  expect(after).toMatchObject({ sessions: 0, calls: { CurrentTime: before + 2 } });
  expect(forgotten).toMatchObject({ status: 500, text: expect.stringContaining('xsi:type="NotAuthenticated"') });
});

test("an order that it cannot carry out is refused in its words", async () => {
  await expect(vcenter.ask({ do: "destroy", vm: "nobody" })).rejects.toThrow('no virtual machine is called "nobody"');
});

test("it ends with its input and leaves nothing behind", async () => {
  const second = await startVcsim({ vms: 1 });
  const { pid } = second;

  await second.close();

  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  expect(() => readFileSync(second.caFile)).toThrow("ENOENT");
});
