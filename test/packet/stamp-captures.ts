/**
 * stamp-suite 1.0.0 on loopback, as tcpdump -x showed request and reply from the STAMP header on; captured with
 * `stamp-suite -i --stateful-reflector -o 8620 -S 127.0.0.1` and `stamp-suite -r 127.0.0.1 -p 8620 --ssid 4660 -c 2`,
 * then `--ssid 7 --extra-padding 12 --timestamp-info`, and both once more with `-A A --hmac-key` and `--cos`.
 */
export const capturedKey = Buffer.from(Array.from({ length: 32 }, (_, i) => i));

export interface CapturedExchange {
  readonly name: string;
  readonly mode: "plain" | "authenticated";
  readonly request: string;
  readonly reply: string;
}

export const captured: readonly CapturedExchange[] = [
  {
    name: "plain",
    mode: "plain",
    request: "00000001eeaebad738d3b2fc0001123400000000000000000000000000000000000000000000000000000000",
    reply: "00000001eeaebad738dd8a7d00011234eeaebad738dd176100000001eeaebad738d3b2fc00010000ff000000",
  },
  {
    name: "plain with an unknown TLV and padding",
    mode: "plain",
    request: [
      "00000000eeaebad73edc4968000100070000000000000000000000000000000000000000000000000000000080030004",
      "000000008001000c42229acc32cdd8e586c6cf46",
    ].join(""),
    reply: [
      "00000000eeaebad73ee3799500010007eeaebad73ee2b85b00000000eeaebad73edc496800010000ff00000000030004",
      "050205020001000c42229acc32cdd8e586c6cf46",
    ].join(""),
  },
  {
    name: "authenticated with padding and an HMAC TLV",
    mode: "authenticated",
    request: [
      "00000001000000000000000000000000eeaebad74a544f04000112340000000000000000000000000000000000000000",
      "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
      "3438fdcdaef264098e2ad719b4075e228001000c4dabae8867bd94015b85cab380080010172bc4ede6b79ec6cba6ac03",
      "51d19aca",
    ].join(""),
    reply: [
      "00000001000000000000000000000000eeaebad74a5ee25f0001123400000000eeaebad74a5dc5ba0000000000000000",
      "00000001000000000000000000000000eeaebad74a544f040001000000000000ff000000000000000000000000000000",
      "f8e6bed5f728cdd9acb2941e5cb3f0c90001000c4dabae8867bd94015b85cab3000800109d4c3f1b5b9675508c251c9d",
      "8bca3f9e",
    ].join(""),
  },
  {
    name: "authenticated with an unknown TLV, padding and an HMAC TLV",
    mode: "authenticated",
    request: [
      "00000000000000000000000000000000eeaebad7505f29f5000112340000000000000000000000000000000000000000",
      "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
      "38a08cf5e5860104f82f675423e877a380040004000000008001000cc5593cb5c08d4cc336f014108008001093e4cbe7",
      "b190d9567db8b8570077d9b6",
    ].join(""),
    reply: [
      "00000000000000000000000000000000eeaebad75065cb4f0001123400000000eeaebad75064cc180000000000000000",
      "00000000000000000000000000000000eeaebad7505f29f50001000000000000ff000000000000000000000000000000",
      "47fa9b212bfdfb37e61acc321e4a4a6100040004000030000001000cc5593cb5c08d4cc336f014100008001076dd0d4f",
      "a4766ab83a11f75bb9fa954b",
    ].join(""),
  },
];
