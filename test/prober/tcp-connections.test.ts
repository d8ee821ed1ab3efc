import { type Connection, Connections } from "../../src/prober/connections.ts";

function begin(connections: Connections, fd: number): Connection {
  return Object.assign(connections.begin(), { fd });
}

test("connections are found by their numbers however many there are", () => {
  const connections = new Connections();
  const numbers = Array.from({ length: 1000 }, (_, fd) => begin(connections, fd).number);

  expect(numbers.map((number) => connections.find(number)?.fd)).toEqual(Array.from({ length: 1000 }, (_, fd) => fd));
});

test("a closed one is not found, and the first is the oldest that is open", () => {
  const connections = new Connections();
  const [first, second, third] = [10, 11, 12].map((fd) => begin(connections, fd)) as [
    Connection,
    Connection,
    Connection,
  ];

  second.fd = -1;
  first.fd = -1;

  expect(connections.find(second.number)).toBeUndefined();
  expect(connections.first()).toBe(third);
  expect([...connections.open()]).toEqual([third]);
  third.fd = -1;
  expect(connections.first()).toBeUndefined();
});

test("places are used again: as many connections in turn as one likes need no more room", () => {
  const connections = new Connections();
  const places = new Set<Connection>();

  for (let i = 0; i < 10_000; i++) {
    const connection = begin(connections, i);
    places.add(connection);
    connection.fd = -1;
    connections.first();
  }

  expect(places.size).toBeLessThanOrEqual(64);
});

test("the number of one that is closed does not find the one that has its place now", () => {
  const connections = new Connections();
  const old = begin(connections, 5);
  const { number } = old;
  old.fd = -1;
  connections.first();

  const later = Array.from({ length: 64 }, (_, i) => begin(connections, 100 + i));

  expect(later).toContain(old);
  expect(connections.find(number)).toBeUndefined();
});
