/* The writers follow the algorithms of RFC 8941 section 4.1. Strings, tokens and byte sequences have one form only, so
 * that they are written as they were read; numbers, spaces and what is true have several. */
#include <countersign/sink.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "structured.h"

/* ---- the sink that is a buffer ---- */

static void append(void *self, csn_span bytes) {
  csn_byte_buffer *buffer = self;
  if (buffer->overflow || bytes.len > buffer->size - buffer->len) {
    buffer->overflow = true;
    return;
  }
  if (bytes.len > 0) memcpy(buffer->bytes + buffer->len, bytes.ptr, bytes.len);
  buffer->len += bytes.len;
}

csn_byte_sink csn_byte_buffer_sink(csn_byte_buffer *buffer) {
  csn_byte_sink sink = {append, buffer};
  return sink;
}

/* ---- items ---- */

static void put(const csn_byte_sink *sink, csn_span bytes) {
  sink->write(sink->self, bytes);
}

static void put_text(const csn_byte_sink *sink, const char *text) {
  put(sink, csn_span_str(text));
}

static void put_integer(const csn_byte_sink *sink, int64_t number) {
  char text[24];
  (void)snprintf(text, sizeof text, "%" PRId64, number);
  put_text(sink, text);
}

/* At least one digit behind the point, and no zero that says nothing (section 4.1.5). */
static void put_decimal(const csn_byte_sink *sink, int64_t thousandths) {
  char text[32];
  int64_t size = thousandths < 0 ? -thousandths : thousandths;
  int len =
      snprintf(text, sizeof text, "%s%" PRId64 ".%03" PRId64, thousandths < 0 ? "-" : "", size / 1000, size % 1000);
  for (int zeros = 0; zeros < 2 && text[len - 1] == '0'; zeros++) len--;
  put(sink, csn_span_of(text, (size_t)len));
}

static void put_between(const csn_byte_sink *sink, const char *open, csn_span text, const char *close) {
  put_text(sink, open);
  put(sink, text);
  put_text(sink, close);
}

static void put_inner_list(const csn_byte_sink *sink, csn_span text) {
  csn_cursor cursor = csn_sf_start(text);
  csn_sf_item item;
  const char *before = "(";
  if (csn_cursor_done(&cursor)) put_text(sink, before);
  while (!csn_cursor_done(&cursor) && csn_sf_next_inner(&cursor, &item)) {
    put_text(sink, before);
    csn_sf_write_item(&item, sink);
    before = " ";
  }
  put_text(sink, ")");
}

static void put_bare_item(const csn_byte_sink *sink, const csn_sf_item *item) {
  switch (item->type) {
    case CSN_SF_INTEGER:
      put_integer(sink, item->number);
      return;
    case CSN_SF_DECIMAL:
      put_decimal(sink, item->number);
      return;
    case CSN_SF_STRING:
      put_between(sink, "\"", item->text, "\"");
      return;
    case CSN_SF_TOKEN:
      put(sink, item->text);
      return;
    case CSN_SF_BYTES:
      put_between(sink, ":", item->text, ":");
      return;
    case CSN_SF_BOOLEAN:
      put_text(sink, item->number != 0 ? "?1" : "?0");
      return;
    case CSN_SF_DATE:
      put_text(sink, "@");
      put_integer(sink, item->number);
      return;
    case CSN_SF_INNER_LIST:
      put_inner_list(sink, item->text);
      return;
  }
}

static bool is_true(const csn_sf_item *item) {
  return item->type == CSN_SF_BOOLEAN && item->number != 0;
}

void csn_sf_write_params(csn_span params, const csn_byte_sink *sink) {
  csn_cursor cursor = csn_cursor_of(params);
  csn_sf_member param;
  while (!csn_cursor_done(&cursor) && csn_sf_next_param(&cursor, &param)) {
    put_between(sink, ";", param.key, is_true(&param.value) ? "" : "=");
    if (!is_true(&param.value)) put_bare_item(sink, &param.value);
  }
}

void csn_sf_write_item(const csn_sf_item *item, const csn_byte_sink *sink) {
  put_bare_item(sink, item);
  csn_sf_write_params(item->params, sink);
}

/* ---- whole values ---- */

static void write_list(csn_cursor *cursor, const csn_byte_sink *sink) {
  csn_sf_item item;
  for (const char *before = ""; !csn_cursor_done(cursor) && csn_sf_next_listed(cursor, &item); before = ", ") {
    put_text(sink, before);
    csn_sf_write_item(&item, sink);
  }
}

static void write_dictionary(csn_cursor *cursor, const csn_byte_sink *sink) {
  csn_sf_member member;
  for (const char *before = ""; !csn_cursor_done(cursor) && csn_sf_next_member(cursor, &member); before = ", ") {
    put_between(sink, before, member.key, is_true(&member.value) ? "" : "=");
    if (!is_true(&member.value)) put_bare_item(sink, &member.value);
    csn_sf_write_params(member.value.params, sink);
  }
}

void csn_sf_write_value(csn_sf_kind kind, csn_span text, const csn_byte_sink *sink) {
  csn_cursor cursor = csn_sf_start(text);
  csn_sf_item item;
  size_t offset;
  if (kind == CSN_SF_LIST) write_list(&cursor, sink);
  if (kind == CSN_SF_DICTIONARY) write_dictionary(&cursor, sink);
  if (kind == CSN_SF_ITEM && csn_sf_read_item(text, &item, &offset)) csn_sf_write_item(&item, sink);
}

void csn_sf_write_bytes(csn_span bytes, const csn_byte_sink *sink) {
  enum { BLOCK = 48 /* bytes: whole groups of three */ };
  csn_cursor cursor = csn_cursor_of(bytes);
  csn_span block;
  put_text(sink, ":");
  while (csn_cursor_take(&cursor, csn_cursor_left(&cursor) < BLOCK ? csn_cursor_left(&cursor) : BLOCK, &block)) {
    uint8_t text[BLOCK / 3 * 4 + 1];
    if (block.len == 0) break;
    put(sink, csn_span_of(text, (size_t)EVP_EncodeBlock(text, block.ptr, (int)block.len)));
  }
  put_text(sink, ":");
}
