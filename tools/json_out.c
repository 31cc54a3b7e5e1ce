/* JSON output. */
#include "json_out.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <unistd.h>

void csn_json_out_init(csn_json_out *out, int fd, uint8_t *bytes, size_t room) {
  *out = (csn_json_out){.bytes = bytes, .room = room, .fd = fd};
}

bool csn_json_out_flush(csn_json_out *out) {
  size_t done = 0;
  if (out->fd < 0) return out->error == 0;
  while (out->error == 0 && done < out->len) {
    ssize_t written = write(out->fd, out->bytes + done, out->len - done);
    if (written >= 0) {
      done += (size_t)written;
    } else if (errno != EINTR) {
      out->error = errno;
    }
  }
  if (out->error == 0 && out->len > 0) out->has_written = true;
  out->len = 0;
  return out->error == 0;
}

void csn_json_out_raw(csn_json_out *out, csn_span bytes) {
  while (bytes.len > 0 && out->error == 0) {
    size_t room = out->room - out->len;
    size_t part = bytes.len < room ? bytes.len : room;
    memcpy(out->bytes + out->len, bytes.ptr, part);
    out->len += part;
    bytes = csn_span_of(bytes.ptr + part, bytes.len - part);
    if (bytes.len == 0) return;
    if (out->fd < 0) {
      out->error = ENOBUFS;
    } else {
      csn_json_out_flush(out);
    }
  }
}

void csn_json_out_text(csn_json_out *out, const char *text) {
  csn_json_out_raw(out, csn_span_str(text));
}

void csn_json_out_int(csn_json_out *out, int64_t number) {
  char text[24];
  int len = snprintf(text, sizeof text, "%" PRId64, number);
  csn_json_out_raw(out, csn_span_of(text, (size_t)len));
}

/* The well-formed sequences of UTF-8 (Unicode 15, table 3-7): by lead byte, the length and the range of the second. */
typedef struct utf8_row {
  uint8_t first, last, len, low, high, bits;
} utf8_row;

static const utf8_row utf8_rows[] = {
    {0x00, 0x7f, 1, 0x00, 0x00, 0x7f}, {0xc2, 0xdf, 2, 0x80, 0xbf, 0x1f}, {0xe0, 0xe0, 3, 0xa0, 0xbf, 0x0f},
    {0xe1, 0xec, 3, 0x80, 0xbf, 0x0f}, {0xed, 0xed, 3, 0x80, 0x9f, 0x0f}, {0xee, 0xef, 3, 0x80, 0xbf, 0x0f},
    {0xf0, 0xf0, 4, 0x90, 0xbf, 0x07}, {0xf1, 0xf3, 4, 0x80, 0xbf, 0x07}, {0xf4, 0xf4, 4, 0x80, 0x8f, 0x07},
};

/* The length of the character at `at` and its code point; 0 where it is not well-formed. */
static size_t utf8_next(csn_span bytes, size_t at, uint32_t *point) {
  const utf8_row *row = NULL;
  uint8_t lead = bytes.ptr[at];
  for (size_t i = 0; i < sizeof utf8_rows / sizeof utf8_rows[0] && row == NULL; i++) {
    if (lead >= utf8_rows[i].first && lead <= utf8_rows[i].last) row = &utf8_rows[i];
  }
  if (row == NULL || row->len > bytes.len - at) return 0;
  *point = lead & row->bits;
  for (size_t i = 1; i < row->len; i++) {
    uint8_t next = bytes.ptr[at + i];
    if (next < (i == 1 ? row->low : 0x80) || next > (i == 1 ? row->high : 0xbf)) return 0;
    *point = *point << 6 | (next & 0x3f);
  }
  return row->len;
}

bool csn_json_out_fits_string(csn_span bytes) {
  uint32_t point = 0;
  for (size_t at = 0, len; at < bytes.len; at += len) {
    len = utf8_next(bytes, at, &point);
    if (len == 0 || point == 0) return false;
  }
  return true;
}

static bool is_plain(uint8_t byte) {
  return byte >= 0x20 && byte <= 0x7e && byte != '"' && byte != '\\';
}

static void escape(csn_json_out *out, uint32_t point) {
  char text[16];
  if (point == '"' || point == '\\') {
    snprintf(text, sizeof text, "\\%c", (char)point);
  } else if (point < 0x10000) {
    snprintf(text, sizeof text, "\\u%04" PRIx32, point);
  } else {
    point -= 0x10000;
    snprintf(text, sizeof text, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xd800 + (point >> 10), 0xdc00 + (point & 0x3ff));
  }
  csn_json_out_text(out, text);
}

void csn_json_out_string(csn_json_out *out, csn_span bytes) {
  size_t at = 0;
  csn_json_out_text(out, "\"");
  while (at < bytes.len) {
    size_t plain = at;
    uint32_t point = 0;
    while (plain < bytes.len && is_plain(bytes.ptr[plain])) plain++;
    csn_json_out_raw(out, csn_span_of(bytes.ptr + at, plain - at));
    at = plain;
    if (at == bytes.len) break;
    size_t len = utf8_next(bytes, at, &point);
    escape(out, len == 0 ? 0xfffd : point);
    at += len == 0 ? 1 : len;
  }
  csn_json_out_text(out, "\"");
}

void csn_json_out_base64(csn_json_out *out, csn_span bytes) {
  enum { PART = 768 }; /* a multiple of three, so that only the last part is padded */
  unsigned char text[PART / 3 * 4 + 1];
  csn_json_out_text(out, "\"");
  for (size_t at = 0; at < bytes.len; at += PART) {
    size_t part = bytes.len - at < PART ? bytes.len - at : PART;
    int len = EVP_EncodeBlock(text, bytes.ptr + at, (int)part);
    csn_json_out_raw(out, csn_span_of(text, (size_t)len));
  }
  csn_json_out_text(out, "\"");
}
