/* Byte mutations that an input itself asks for: this is how a fuzzer that cannot guess a MAC comes near a signed
 * request, first signed and then spoiled. Four bytes are one instruction. */
#ifndef CSN_FUZZ_MUTATE_H
#define CSN_FUZZ_MUTATE_H

#include "fuzz.h"

enum { FUZZ_MUTATIONS_MAX = 8, FUZZ_INSTRUCTION_BYTES = 4 };

/* One instruction: what to do, where, with what. */
typedef struct fuzz_instruction {
  unsigned operation, target;
  uint8_t position, value;
} fuzz_instruction;

/* Takes the next instruction; false where fewer than four bytes are left. */
static inline bool fuzz_take_instruction(csn_span *input, fuzz_instruction *out) {
  if (input->len < FUZZ_INSTRUCTION_BYTES) return false;
  const uint8_t *bytes = input->ptr;
  *out = (fuzz_instruction){bytes[0] & 15u, bytes[1], bytes[2], bytes[3]};
  *input = csn_span_of(bytes + FUZZ_INSTRUCTION_BYTES, input->len - FUZZ_INSTRUCTION_BYTES);
  return true;
}

/* Bytes that a field grows by: mostly few, around the limits of ids, and seldom many, around those of headers. */
static inline size_t fuzz_growth(uint8_t value) {
  return value <= 192 ? value : (value - 192u) * 330;
}

/* Applies an instruction to `len` bytes, which have room for `room`; the new length. Operations from 8 on do nothing
 * here. The position is taken as a 256th part of the length. */
static inline size_t fuzz_mutate_bytes(fuzz_instruction instruction, uint8_t *bytes, size_t len, size_t room) {
  size_t at = len * instruction.position / 256;
  size_t grown = fuzz_growth(instruction.value);
  switch (instruction.operation) {
    case 0:
      if (len > 0) bytes[at] ^= (uint8_t)(1u << (instruction.value & 7));
      return len;
    case 1:
      if (len > 0) bytes[at] = instruction.value;
      return len;
    case 2:
      if (len >= room) return len;
      memmove(bytes + at + 1, bytes + at, len - at);
      bytes[at] = instruction.value;
      return len + 1;
    case 3:
      if (len == 0) return len;
      memmove(bytes + at, bytes + at + 1, len - at - 1);
      return len - 1;
    case 4:
      return at;
    case 5:
      if (len >= room) return len;
      bytes[len] = instruction.value;
      return len + 1;
    case 6: /* the case of a letter */
      if (len > 0 && ((bytes[at] | 0x20) >= 'a' && (bytes[at] | 0x20) <= 'z')) bytes[at] ^= 0x20;
      return len;
    case 7: /* to a length near a limit, with the byte that stands there */
      if (len == 0 || len + grown > room) return len;
      memmove(bytes + at + grown, bytes + at, len - at);
      memset(bytes + at, bytes[at + grown], grown);
      return len + grown;
    default:
      return len;
  }
}

#endif
