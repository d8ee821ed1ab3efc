import koffi from "koffi";

// The C compiler's own layout on this architecture, so that no offset is a guess.
const iovec = koffi.struct({ iov_base: "void *", iov_len: "size_t" });
const msghdr = koffi.struct({
  msg_name: "void *",
  msg_namelen: "uint32_t",
  msg_iov: "void *",
  msg_iovlen: "size_t",
  msg_control: "void *",
  msg_controllen: "size_t",
  msg_flags: "int",
});
const mmsghdr = koffi.struct({ msg_hdr: msghdr, msg_len: "uint32_t" });

/** Sizes and offsets in bytes of what sendmmsg and recvmmsg take. */
export const MMSGHDR = {
  bytes: koffi.sizeof(mmsghdr),
  name: koffi.offsetof(msghdr, "msg_name"),
  nameLength: koffi.offsetof(msghdr, "msg_namelen"),
  iov: koffi.offsetof(msghdr, "msg_iov"),
  iovCount: koffi.offsetof(msghdr, "msg_iovlen"),
  control: koffi.offsetof(msghdr, "msg_control"),
  controlLength: koffi.offsetof(msghdr, "msg_controllen"),
  flags: koffi.offsetof(msghdr, "msg_flags"),
  length: koffi.offsetof(mmsghdr, "msg_len"),
} as const;

export const IOVEC = {
  bytes: koffi.sizeof(iovec),
  base: koffi.offsetof(iovec, "iov_base"),
  length: koffi.offsetof(iovec, "iov_len"),
} as const;
