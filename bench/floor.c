/*
 * The floor under the cost of a probe: what virtloss' engine does, in C and nothing besides. One ICMP datagram socket for all
 * targets, sendmmsg and recvmmsg, kernel stamps of both directions, a wake-up each millisecond at most.
 *
 *     floor PACKETS_PER_SECOND SECONDS ADDRESS...
 *
 * SECONDS of 0 run until SIGTERM. Prints one JSON object at the end. net.ipv4.ping_group_range must include the caller.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sock_diag.h>
#include <netinet/ip_icmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

enum {
  BATCH = 64,
  MESSAGE_BYTES = 64,     /* ICMP header and data, as the other probers of the bench send */
  CONTROL_BYTES = 256,
  REMEMBERED = 1 << 17,   /* packets whose stamps are kept: over a second at 100,000/s */
  BUFFER_BYTES = 16 << 20,
  RTT_BUCKETS = 20000,    /* of a microsecond; the last one also holds what is longer */
};

static const int64_t TICK_NANOS = 1000000;
static const int64_t TOLERATED_LAG_NANOS = 25000000; /* further behind, slots are skipped: no burst after a stall */
static const int64_t LAST_REPLIES_NANOS = 1000000000;

struct echo {
  struct icmphdr header;
  uint32_t nonce;  /* ours, not a stranger's */
  uint32_t number; /* counts all packets; the ICMP sequence number has too few bits */
  uint8_t padding[MESSAGE_BYTES - sizeof(struct icmphdr) - 8];
};

struct ring {
  struct mmsghdr messages[BATCH];
  struct iovec vectors[BATCH];
  struct echo data[BATCH];
  _Alignas(struct cmsghdr) char control[BATCH][CONTROL_BYTES];
};

static struct ring outgoing, incoming;
static struct {
  uint32_t number;
  bool answered;
  int64_t transmitted; /* kernel stamp, realtime nanoseconds; 0 until it is read */
} packets[REMEMBERED];

static struct {
  uint64_t sent, received, skipped, unstamped;
  uint64_t rtt[RTT_BUCKETS];
} counts;

static volatile sig_atomic_t stopping;

static void fail(const char *what) {
  fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void stop(int signal) {
  (void)signal;
  stopping = 1;
}

static int64_t nanos(struct timespec time) { return time.tv_sec * 1000000000LL + time.tv_nsec; }

static int64_t monotonic_nanos(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return nanos(now);
}

static void sleep_until(int64_t when) {
  struct timespec time = {when / 1000000000, when % 1000000000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

static int open_socket(void) {
  int fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
  if (fd < 0) fail("ICMP datagram socket (see net.ipv4.ping_group_range)");
  int bytes = BUFFER_BYTES;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
  /* OPT_ID numbers the stamps like our packets, OPT_TSONLY spares the copy of the packet. */
  int stamps = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE |
               SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;
  if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof stamps) < 0) fail("SO_TIMESTAMPING");
  return fd;
}

static void link_ring(struct ring *ring) {
  for (int i = 0; i < BATCH; i++) {
    ring->vectors[i] = (struct iovec){&ring->data[i], MESSAGE_BYTES};
    ring->messages[i].msg_hdr.msg_iov = &ring->vectors[i];
    ring->messages[i].msg_hdr.msg_iovlen = 1;
  }
}

static void send_batch(int fd, int count, struct sockaddr_in *targets, int target_count, uint32_t nonce) {
  for (int i = 0; i < count; i++) {
    uint32_t number = (uint32_t)(counts.sent + i);
    struct echo *echo = &outgoing.data[i];
    /* The kernel fills in the identifier and the checksum. */
    echo->header.type = ICMP_ECHO;
    echo->header.un.echo.sequence = htons((uint16_t)((counts.sent + i) / target_count));
    echo->nonce = nonce;
    echo->number = number;
    outgoing.messages[i].msg_hdr.msg_name = &targets[(counts.sent + i) % target_count];
    outgoing.messages[i].msg_hdr.msg_namelen = sizeof *targets;
    packets[number % REMEMBERED].number = number;
    packets[number % REMEMBERED].answered = false;
    packets[number % REMEMBERED].transmitted = 0;
  }
  for (int from = 0; from < count;) {
    int taken = sendmmsg(fd, outgoing.messages + from, count - from, 0);
    /* A refused packet would shift the numbers of all later stamps. */
    if (taken < 0 && errno != EINTR) fail("sendmmsg");
    if (taken > 0) from += taken;
  }
  counts.sent += count;
}

static int receive_batch(int fd, int flags) {
  for (int i = 0; i < BATCH; i++) {
    incoming.messages[i].msg_hdr.msg_control = incoming.control[i];
    incoming.messages[i].msg_hdr.msg_controllen = CONTROL_BYTES;
  }
  int count = recvmmsg(fd, incoming.messages, BATCH, flags | MSG_DONTWAIT, NULL);
  return count < 0 ? 0 : count;
}

/* The kernel's software stamp in a message's control data; 0 where there is none. */
static int64_t stamp_of(struct msghdr *message, uint32_t *key) {
  int64_t stamp = 0;
  for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPING) {
      struct timespec time;
      memcpy(&time, CMSG_DATA(part), sizeof time);
      stamp = nanos(time);
    } else if (part->cmsg_level == SOL_IP && part->cmsg_type == IP_RECVERR) {
      struct sock_extended_err error;
      memcpy(&error, CMSG_DATA(part), sizeof error);
      *key = error.ee_data;
    }
  }
  return stamp;
}

static void read_transmit_stamps(int fd) {
  for (int count = BATCH; count == BATCH;) {
    count = receive_batch(fd, MSG_ERRQUEUE);
    for (int i = 0; i < count; i++) {
      uint32_t key = 0;
      int64_t stamp = stamp_of(&incoming.messages[i].msg_hdr, &key);
      if (packets[key % REMEMBERED].number == key) packets[key % REMEMBERED].transmitted = stamp;
    }
  }
}

static void book_reply(uint32_t number, int64_t received) {
  if (packets[number % REMEMBERED].number != number || packets[number % REMEMBERED].answered) return;
  int64_t transmitted = packets[number % REMEMBERED].transmitted;
  packets[number % REMEMBERED].answered = true;
  counts.received++;
  if (transmitted == 0 || received < transmitted) {
    counts.unstamped++;
    return;
  }
  int64_t bucket = (received - transmitted) / 1000;
  counts.rtt[bucket < RTT_BUCKETS ? bucket : RTT_BUCKETS - 1]++;
}

static void read_replies(int fd, uint32_t nonce) {
  for (int count = BATCH; count == BATCH;) {
    count = receive_batch(fd, 0);
    for (int i = 0; i < count; i++) {
      const struct echo *echo = &incoming.data[i];
      if (incoming.messages[i].msg_len != MESSAGE_BYTES || echo->nonce != nonce) continue;
      uint32_t unused;
      book_reply(echo->number, stamp_of(&incoming.messages[i].msg_hdr, &unused));
    }
  }
}

/* Stamps first: a reply that is read before its stamp has no RTT. */
static void drain(int fd, uint32_t nonce) {
  read_transmit_stamps(fd);
  read_replies(fd, nonce);
}

static double rtt_quantile_micros(double quantile) {
  double rest = quantile * (double)(counts.received - counts.unstamped);
  int bucket = 0;
  while (bucket < RTT_BUCKETS - 1 && (rest -= (double)counts.rtt[bucket]) >= 0) bucket++;
  return bucket + 0.5;
}

static uint32_t socket_drops(int fd) {
  uint32_t info[SK_MEMINFO_VARS] = {0};
  socklen_t length = sizeof info;
  getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &length);
  return info[SK_MEMINFO_DROPS];
}

static void print_result(int fd, double seconds) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("{\"sent\":%lu,\"received\":%lu,\"skipped\":%lu,\"unstamped\":%lu,\"socketDrops\":%u,\"seconds\":%.3f,",
         counts.sent, counts.received, counts.skipped, counts.unstamped, socket_drops(fd), seconds);
  printf("\"userSeconds\":%ld.%06ld,\"systemSeconds\":%ld.%06ld,\"rttMicros\":{\"p50\":%.1f,\"p99\":%.1f}}\n",
         usage.ru_utime.tv_sec, usage.ru_utime.tv_usec, usage.ru_stime.tv_sec, usage.ru_stime.tv_usec,
         rtt_quantile_micros(0.5), rtt_quantile_micros(0.99));
}

/* Sends at the rate until the time is up, never more than one wake-up a tick, then waits for the last replies. */
static double probe(int fd, double rate, double seconds, struct sockaddr_in *targets, int target_count, uint32_t nonce) {
  const int64_t begun = monotonic_nanos();
  const int64_t end = seconds > 0 ? begun + (int64_t)(seconds * 1e9) : INT64_MAX;
  const double interval = 1e9 / rate;
  double due = (double)begun; /* when the next packet is */
  int64_t now = begun;
  while (!stopping && now < end) {
    if ((double)now - due > (double)TOLERATED_LAG_NANOS) {
      uint64_t missed = (uint64_t)(((double)now - due) / interval);
      counts.skipped += missed;
      due += (double)missed * interval;
    }
    while (due <= (double)now) {
      int count = 0;
      for (; count < BATCH && due <= (double)now; count++) due += interval;
      send_batch(fd, count, targets, target_count, nonce);
      drain(fd, nonce);
    }
    const int64_t tick = now + TICK_NANOS;
    sleep_until((double)tick > due ? tick : (int64_t)due);
    now = monotonic_nanos();
  }
  const double lasted = (double)(now - begun) / 1e9;
  const int64_t patience = now + LAST_REPLIES_NANOS;
  for (drain(fd, nonce); counts.received < counts.sent && now < patience; drain(fd, nonce)) {
    sleep_until(now + TICK_NANOS);
    now = monotonic_nanos();
  }
  return lasted;
}

int main(int argc, char **argv) {
  const double rate = argc > 3 ? atof(argv[1]) : 0;
  if (rate <= 0) {
    fprintf(stderr, "usage: floor PACKETS_PER_SECOND SECONDS ADDRESS...\n");
    return 2;
  }
  const int target_count = argc - 3;
  struct sockaddr_in *targets = calloc((size_t)target_count, sizeof *targets);
  for (int i = 0; i < target_count; i++) {
    targets[i].sin_family = AF_INET;
    if (inet_aton(argv[i + 3], &targets[i].sin_addr)) continue;
    fprintf(stderr, "floor: expected an IPv4 address, found \"%s\"\n", argv[i + 3]);
    return 2;
  }
  uint32_t nonce;
  if (getrandom(&nonce, sizeof nonce, 0) != sizeof nonce) fail("getrandom");
  signal(SIGTERM, stop);
  signal(SIGINT, stop);
  link_ring(&outgoing);
  link_ring(&incoming);
  const int fd = open_socket();
  print_result(fd, probe(fd, rate, atof(argv[2]), targets, target_count, nonce));
  return 0;
}
