/** What `npm test` calls for the tests with virtual machines. */
import { SetupError } from "../../../packaging/ensure.mjs";
import { ensureGuestImage } from "./guest-image.mjs";
import { ensureGuestKernel } from "./guest-kernel.mjs";

/** Fetches a kernel and builds the guest's disk, where they are not there. @returns a sentence on what could not be had, or undefined */
export function ensureGuest() {
  try {
    ensureGuestImage(ensureGuestKernel());
    return undefined;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return `missing, and the tests with virtual machines fail without: ${error.message}`;
  }
}
