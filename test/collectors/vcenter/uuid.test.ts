import { guestUuids, swapUuid } from "../../../src/collectors/vcenter/uuid.ts";

// From a guest of hardware version 13 and its vCenter, as reported in public.
const inGuest = "5c241f42-a87f-fa60-6af6-a46351ced0eb";
const inVcenter = "421f245c-7fa8-60fa-6af6-a46351ced0eb";

test("since hardware version 13 the guest sees the first three groups in the other byte order", () => {
  expect(guestUuids(inVcenter, 13)).toEqual({ uuid: inGuest, uuidAlt: inVcenter });
  expect(guestUuids(inVcenter, 21)).toEqual({ uuid: inGuest, uuidAlt: inVcenter });
  expect(guestUuids(inVcenter, 11)).toEqual({ uuid: inVcenter, uuidAlt: inGuest });
  expect(guestUuids(inVcenter, undefined)).toEqual({ uuid: inVcenter, uuidAlt: inGuest });
});

test("swapping twice gives the same", () => {
  expect(swapUuid(swapUuid(inVcenter))).toBe(inVcenter);
});

test.each(["", "no uuid", "421f245c7fa860fa6af6a46351ced0eb"])("%j has no other form", (text) => {
  expect(swapUuid(text)).toBe("");
});
