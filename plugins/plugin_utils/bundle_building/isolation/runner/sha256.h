/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SHA-256 (FIPS 180-4), and the digest of fields of any content.
 */

typedef struct {
    uint32_t state[8];
    uint64_t bytes;
    unsigned char block[64];
} Sha256;

#define DIGEST_SIZE 65 /* hexadecimal digits and a NUL */

static const uint32_t SHA256_ROUND[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotated(uint32_t value, int count) { return value >> count | value << (32 - count); }

static void sha256_block(Sha256 *hash) {
    uint32_t word[64], work[8];
    int index;
    for (index = 0; index < 16; index++) {
        const unsigned char *bytes = hash->block + 4 * index;
        word[index] = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    }
    for (; index < 64; index++) {
        uint32_t early = word[index - 15], late = word[index - 2];
        word[index] = word[index - 16] + word[index - 7] + (rotated(early, 7) ^ rotated(early, 18) ^ early >> 3) +
                      (rotated(late, 17) ^ rotated(late, 19) ^ late >> 10);
    }
    memcpy(work, hash->state, sizeof work);
    for (index = 0; index < 64; index++) {
        uint32_t choice = (work[4] & work[5]) ^ (~work[4] & work[6]);
        uint32_t majority = (work[0] & work[1]) ^ (work[0] & work[2]) ^ (work[1] & work[2]);
        uint32_t first = work[7] + (rotated(work[4], 6) ^ rotated(work[4], 11) ^ rotated(work[4], 25)) + choice + SHA256_ROUND[index] + word[index];
        uint32_t second = (rotated(work[0], 2) ^ rotated(work[0], 13) ^ rotated(work[0], 22)) + majority;
        memmove(work + 1, work, 7 * sizeof *work);
        work[4] += first;
        work[0] = first + second;
    }
    for (index = 0; index < 8; index++) hash->state[index] += work[index];
}

static void sha256_begin(Sha256 *hash) {
    static const uint32_t BEGIN[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(hash->state, BEGIN, sizeof BEGIN);
    hash->bytes = 0;
}

static void sha256_add(Sha256 *hash, const void *data, size_t size) {
    const unsigned char *from = data;
    while (size) {
        size_t at = hash->bytes % 64, part = 64 - at < size ? 64 - at : size;
        memcpy(hash->block + at, from, part);
        hash->bytes += part;
        from += part;
        size -= part;
        if (hash->bytes % 64 == 0) sha256_block(hash);
    }
}

static void sha256_end(Sha256 *hash, char digits[DIGEST_SIZE]) {
    uint64_t bits = hash->bytes * 8;
    unsigned char length[8];
    int index;
    for (index = 0; index < 8; index++) length[index] = (unsigned char)(bits >> (56 - 8 * index));
    sha256_add(hash, "\x80", 1);
    while (hash->bytes % 64 != 56) sha256_add(hash, "", 1);
    sha256_add(hash, length, sizeof length);
    for (index = 0; index < 8; index++) snprintf(digits + 8 * index, 9, "%08x", (unsigned)hash->state[index]);
}

/* Add a field with its length before it, so that no two lists of fields give the same bytes. */
static void sha256_field(Sha256 *hash, const void *data, size_t size) {
    char length[32];
    int digits = snprintf(length, sizeof length, "%zu:", size);
    sha256_add(hash, length, (size_t)digits);
    sha256_add(hash, data, size);
}
